from project_package.pipelines.project_pipeline.nodes import count


def test_count():
    assert count(["a", "b"]) == 2
