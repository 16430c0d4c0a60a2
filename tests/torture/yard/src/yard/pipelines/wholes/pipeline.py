from plait import node, pipeline
from yard.pipelines.wholes import nodes


def create_pipeline():
    return pipeline(
        [
            node(nodes.prepare, {"turn": "params:turn"}, "base"),
            node(nodes.count, outputs="counted"),
            node(nodes.describe, outputs="summary"),
            node(nodes.bulk, outputs="bulk"),
            node(nodes.weigh_light, outputs="light"),
            node(nodes.weigh_heavy, outputs="heavy"),
            node(nodes.fit, outputs="model"),
            node(nodes.paste, outputs="album"),
            node(nodes.publish, outputs="report"),
        ]
    )
