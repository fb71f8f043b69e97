"""Stands in for docker, skopeo, cdk and make: notes each call, and keeps a registry of images in a file.

The folder that holds it holds `calls.jsonl`, a line of JSON a call, `registry.json`, digests by image reference, and
`orders.json`: pairs of words and what a call that has all of them does instead (`fail` or `hang`).
"""

import hashlib
import json
import signal
import sys
from pathlib import Path

HERE = Path(__file__).parent
OUTPUTS = {
    "BootstrapStack": {
        "Environment": "aws://123456789012/eu-west-2",
        "ExecutionPolicies": "arn:one,arn:two",
        "ToolkitBoundary": "bound",
    },
    "ProdStack": {"ApplicationUrl": "http://127.0.0.1:9/"},
}


def digest_of(reference: str) -> str:
    """Return the digest under which the registry keeps an image that is pushed as `reference`."""
    return "sha256:" + hashlib.sha256(reference.encode()).hexdigest()


def answer(command: list[str], registry: dict[str, str]) -> int:
    """Do what the real command would do to the registry and to its files; return its exit status."""
    match command:
        case ["docker", "push", reference]:
            registry[reference] = digest_of(reference)
        case ["skopeo", "inspect", *_, source]:
            reference = source.removeprefix("docker://")
            if reference not in registry:
                sys.stderr.write("manifest unknown\n")
                return 1
            sys.stdout.write(registry[reference] + "\n")
        case ["skopeo", "copy", *_, source, target]:
            registry[target.removeprefix("docker://")] = source.rpartition("@")[2]
        case ["cdk", "deploy", stack, *options]:
            outputs = Path(options[options.index("--outputs-file") + 1])
            outputs.write_text(json.dumps({stack: OUTPUTS[stack]}))
    return 0


def main() -> int:
    """Note the call, then obey the first order that fits it, or answer."""
    command = [Path(sys.argv[0]).name, *sys.argv[1:]]
    with (HERE / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(command) + "\n")
    for words, order in json.loads((HERE / "orders.json").read_text()):
        if all(any(word in argument for argument in command) for word in words):
            if order == "hang":
                signal.pause()
            sys.stderr.write("as ordered\n")
            return 1
    registry = json.loads((HERE / "registry.json").read_text())
    status = answer(command, registry)
    (HERE / "registry.json").write_text(json.dumps(registry))
    return status


if __name__ == "__main__":
    sys.exit(main())
