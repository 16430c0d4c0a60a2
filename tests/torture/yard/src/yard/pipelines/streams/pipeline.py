from plait import node, pipeline
from yard.pipelines.streams import nodes


def create_pipeline():
    return pipeline(
        [
            node(nodes.drip, outputs="drops"),
            node(nodes.narrate, outputs="story"),
            node(nodes.pour, outputs="jug"),
        ]
    )
