"""Any sentence model as an ONNX graph, by way of torch; needs the extra `train`."""

import warnings
from pathlib import Path
from typing import Any

from metier.errors import ConfigError


def write(folder: Path, target: Path) -> int:
    """Write the graph of the model in this folder, fp32, pooling included; return the dimension of its vectors."""
    try:
        import onnxscript  # noqa: F401  # torch's exporter needs it
        import torch
        import transformers
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ConfigError(
            f"{folder.name}: this kind of model is turned into its serving form by torch: "
            "run `pip install 'metier[train]'` where it is built; serving does without"
        ) from error
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the library is untyped
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    example = torch.arange(2 * 7).reshape(2, 7) % 5 + 1
    with warnings.catch_warnings():
        # the exporter trips over deprecations of its own
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _sentence(model).eval(),
            (example,),
            target,
            input_names=["input_ids"],
            output_names=["vector"],
            dynamic_shapes={"input_ids": {0: torch.export.Dim("texts"), 1: torch.export.Dim("tokens", max=256)}},
            external_data=False,
            dynamo=True,
            verbose=False,
        )
    return int(model.get_embedding_dimension() or 0)


def _sentence(model: Any) -> Any:  # torch is typed, but it is not there to subclass before this is called
    import torch

    class Sentence(torch.nn.Module):
        """Token ids of texts of one length to vectors of length one, by the modules that the model itself names."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any) -> Any:  # see above
            answer = self.model({"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)})
            return torch.nn.functional.normalize(answer["sentence_embedding"], dim=-1)

    return Sentence()
