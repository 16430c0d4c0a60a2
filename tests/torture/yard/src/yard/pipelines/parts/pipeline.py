from plait import each, node, pipeline
from yard.pipelines.parts import nodes


def create_pipeline():
    return pipeline(
        [
            node(nodes.cut, outputs="pieces"),
            node(nodes.polish, {"piece": each("pieces")}, each("polished")),
            node(nodes.collect, outputs="shelf"),
        ]
    )
