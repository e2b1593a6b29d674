"""A BERT sentence model with mean pooling as an ONNX graph, straight from its weights: no torch is needed.

Reads texts of one length at a time, so there is no mask: `input_ids` [texts, tokens] → `vector` [texts, dimension].
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WEIGHTS = "model.safetensors"
MICROSOFT = "com.microsoft"
Weights = Mapping[str, NDArray[np.float32]]


def fits(folder: Path) -> bool:
    """Say whether this folder holds the kind of model that `graph` writes."""
    config = _config(folder / "config.json")
    modules = [module["type"].rsplit(".", 1)[-1] for module in _modules(folder)]
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and (folder / WEIGHTS).is_file()
        and modules in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
        and _pools_by_mean(folder)
    )


def write(folder: Path, target: Path) -> int:
    """Write the graph of the model in this folder, fp32, and return the dimension of its vectors."""
    import onnx
    from safetensors.numpy import load_file

    config = _config(folder / "config.json")
    weights = {name.removeprefix("bert."): array for name, array in load_file(folder / WEIGHTS).items()}
    onnx.save(_model(config, weights), target)
    return int(config["hidden_size"])


def _config(path: Path) -> dict[str, Any]:  # any JSON: each kind of model has its own keys
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return found


def _modules(folder: Path) -> list[dict[str, str]]:
    path = folder / "modules.json"
    found: list[dict[str, str]] = json.loads(path.read_bytes()) if path.is_file() else []
    return found


def _pools_by_mean(folder: Path) -> bool:
    pooling = _config(folder / _modules(folder)[1]["path"] / "config.json")
    chosen = [key for key, value in pooling.items() if key.startswith("pooling_mode_") and value]
    return chosen == ["pooling_mode_mean_tokens"] or (not chosen and pooling.get("pooling_mode") == "mean")


class _Graph:
    """Nodes and constants as they are added; each call returns the name of what it adds."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []  # protobuf messages, which come without types
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, array: NDArray[Any]) -> str:
        """Add an array once, under its name."""
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def add(self, kind: str, inputs: list[str], *, outputs: list[str] | None = None, **attributes: Any) -> str:
        """Add a node and return its first output."""
        from onnx import helper

        names = outputs or [f"{kind}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, inputs, names, name=f"node_{names[0]}", **attributes))
        return names[0]


def _model(config: Mapping[str, Any], weights: Weights) -> Any:  # a protobuf message, which comes without types
    from onnx import TensorProto, helper

    graph = _Graph()
    hidden = _embed(graph, weights, epsilon=config["layer_norm_eps"])
    for number in range(config["num_hidden_layers"]):
        layer = {
            name.removeprefix(f"encoder.layer.{number}."): array
            for name, array in weights.items()
            if name.startswith(f"encoder.layer.{number}.")
        }
        hidden = _layer(graph, hidden, layer, number=number, config=config)
    _pool(graph, hidden)
    body = helper.make_graph(
        graph.nodes,
        "sentence",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["texts", config["hidden_size"]])],
        list(graph.constants.values()),
    )
    domains = [helper.make_opsetid("", 20), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(body, opset_imports=domains, ir_version=9, producer_name="metier")


def _embed(graph: _Graph, weights: Weights, *, epsilon: float) -> str:
    """Look up the words, and add their positions; all tokens are of the first type."""
    words = graph.constant("words", weights["embeddings.word_embeddings.weight"])
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    zero = graph.constant("zero", np.array([0], dtype=np.int64))
    length = graph.add("Shape", ["input_ids"], start=1, end=2)
    found = graph.add("Gather", [words, "input_ids"])
    place = graph.add("Slice", [graph.constant("places", places), zero, length, zero])
    total = graph.add("Add", [found, place])
    return _norm(graph, total, _part(weights, "embeddings.LayerNorm"), name="embeddings", epsilon=epsilon)


def _layer(graph: _Graph, hidden: str, layer: Weights, *, number: int, config: Mapping[str, Any]) -> str:
    name, epsilon = f"layer{number}", config["layer_norm_eps"]
    parts = [_part(layer, f"attention.self.{part}") for part in ("query", "key", "value")]
    # one product for the three: its input is quantised once
    mixed = graph.add(
        "MatMul", [hidden, graph.constant(f"{name}.qkv", np.concatenate([weight.T for weight, _ in parts], axis=1))]
    )
    split = [f"{name}.{part}" for part in ("query", "key", "value")]
    graph.add("Split", [mixed], outputs=split, axis=2, num_outputs=3)
    bias = graph.constant(f"{name}.qkv.bias", np.concatenate([bias for _, bias in parts]))
    attended = graph.add(
        "MultiHeadAttention", [*split, bias], domain=MICROSOFT, num_heads=config["num_attention_heads"]
    )
    output = _linear(graph, attended, _part(layer, "attention.output.dense"), name=f"{name}.attention")
    hidden = graph.add("Add", [output, hidden])
    norm = _part(layer, "attention.output.LayerNorm")
    hidden = _norm(graph, hidden, norm, name=f"{name}.attention", epsilon=epsilon)
    wide = graph.add("Gelu", [_linear(graph, hidden, _part(layer, "intermediate.dense"), name=f"{name}.wide")])
    output = _linear(graph, wide, _part(layer, "output.dense"), name=f"{name}.narrow")
    hidden = graph.add("Add", [output, hidden])
    return _norm(graph, hidden, _part(layer, "output.LayerNorm"), name=f"{name}.out", epsilon=epsilon)


def _pool(graph: _Graph, hidden: str) -> None:
    """Take the mean of the tokens and bring it to length one."""
    axis = graph.constant("axis", np.array([1], dtype=np.int64))
    mean = graph.add("ReduceMean", [hidden, axis], keepdims=0)
    length = graph.add("ReduceL2", [mean, axis], keepdims=1)
    floor = graph.add("Max", [length, graph.constant("floor", np.array(1e-12, dtype=np.float32))])
    graph.add("Div", [mean, floor], outputs=["vector"])


def _part(weights: Weights, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _linear(graph: _Graph, value: str, part: tuple[NDArray[np.float32], NDArray[np.float32]], *, name: str) -> str:
    weight, bias = part
    product = graph.add("MatMul", [value, graph.constant(f"{name}.weight", weight.T)])
    return graph.add("Add", [product, graph.constant(f"{name}.bias", bias)])


def _norm(
    graph: _Graph, value: str, part: tuple[NDArray[np.float32], NDArray[np.float32]], *, name: str, epsilon: float
) -> str:
    weight, bias = part
    constants = [graph.constant(f"{name}.norm.weight", weight), graph.constant(f"{name}.norm.bias", bias)]
    return graph.add("LayerNormalization", [value, *constants], axis=-1, epsilon=epsilon)
