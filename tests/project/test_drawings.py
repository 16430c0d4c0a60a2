"""Pipelines as Mermaid and DOT: namespaces are frames, names with mere dots are not."""

from __future__ import annotations

from plait import node, pipeline
from plait.project.graph.drawings import as_dot, as_mermaid


def one(x):
    return x


def inner(source, target):
    return pipeline([node(one, source, target, name="step")])


NESTED = pipeline([node(one, "in.raw", "start", name="begin")]) + pipeline(
    pipeline(inner("start", "made"), namespace="day", inputs={"start"}), namespace="model", inputs={"start"}
)


def test_mermaid_frames_namespaces_in_each_other():
    assert as_mermaid(NESTED).splitlines() == [
        "flowchart TD",
        '    d0(["in.raw"])',
        '    d1(["start"])',
        '    n3["begin"]',
        '    subgraph g0["model"]',
        '        subgraph g1["day"]',
        '            d2(["made"])',
        '            n4["step"]',
        "        end",
        "    end",
        "    d0 --> n3",
        "    n3 --> d1",
        "    d1 --> n4",
        "    n4 --> d2",
    ]


def test_dot_has_a_cluster_for_each_namespace():
    drawn = as_dot(NESTED).splitlines()
    assert drawn[5:11] == [
        '    subgraph cluster_0 { label="model"; style=rounded;',
        '        subgraph cluster_1 { label="day"; style=rounded;',
        '            "dataset model.day.made" [label="made", shape=cylinder];',
        '            "node model.day.step" [label="step", shape=box];',
        "        }",
        "    }",
    ]
    assert '    "node model.day.step" -> "dataset model.day.made";' in drawn


def test_a_part_of_a_pipeline_is_drawn_with_its_frames_only():
    assert "subgraph" not in as_mermaid(NESTED.filter(node_names=["begin"]))
