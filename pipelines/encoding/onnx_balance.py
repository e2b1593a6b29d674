"""Even out the channels that products read, so that eight bits suffice for them; the graph computes what it did before.

A few channels of a transformer run many times louder than the rest, and one scale for all leaves the rest few steps.
Those are turned down before the product and their weights turned up, as in SmoothQuant: https://arxiv.org/abs/2211.10438
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# only products whose loudest channel is this many times louder than usual: each costs a multiplication of its input
LOUD = 2.0
USUAL = 0.97


def balance(path: Path, target: Path, rows: Sequence[Sequence[int]]) -> None:
    """Write the graph anew, balanced by what its channels reach on these rows of token ids."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(path)
    weights = {constant.name: constant for constant in model.graph.initializer}
    products = _products(model, weights)
    peaks = _peaks(model, [node.input[0] for node in products], rows)
    loud = {node.name: peak for node, peak in zip(products, peaks, strict=True) if peak.max() > LOUD * _usual(peak) > 0}
    nodes = []
    for node in model.graph.node:
        if node.name in loud:
            scale = np.minimum(1, _usual(loud[node.name]) / np.maximum(loud[node.name], 1e-9)).astype(np.float32)
            weight = weights[node.input[1]]
            turned_up = numpy_helper.to_array(weight) / scale[:, None]
            weight.CopyFrom(numpy_helper.from_array(turned_up, weight.name))
            model.graph.initializer.append(numpy_helper.from_array(scale, f"{node.name}.scale"))
            inputs, outputs = [node.input[0], f"{node.name}.scale"], [f"{node.name}.balanced"]
            nodes.append(helper.make_node("Mul", inputs, outputs, name=outputs[0]))
            node.input[0] = outputs[0]
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, target)


def _products(model: Any, weights: dict[str, Any]) -> list[Any]:  # protobuf messages, which come without types
    """Return the products with a constant matrix of their own."""
    uses = Counter(name for node in model.graph.node for name in node.input)
    return [
        node
        for node in model.graph.node
        if node.op_type == "MatMul"
        and node.input[1] in weights
        and len(weights[node.input[1]].dims) == 2
        and uses[node.input[1]] == 1
    ]


def _peaks(model: Any, names: Sequence[str], rows: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
    """Return the largest size that each channel of these values reaches."""
    import onnx
    import onnxruntime
    from onnx import helper

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    wanted = list(dict.fromkeys(names))
    watched.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in wanted)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    peaks: dict[str, NDArray[np.float32]] = {}
    for row in rows:
        values = session.run(wanted, {"input_ids": np.array([row], dtype=np.int64)})
        for name, value in zip(wanted, values, strict=True):
            peak = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            peaks[name] = np.maximum(peaks.get(name, peak), peak)
    return [peaks[name] for name in names]


def _usual(peak: NDArray[np.float32]) -> float:
    return float(np.quantile(peak, USUAL))
