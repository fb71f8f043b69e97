"""Stands in for docker, skopeo, cdk and make: notes each call, and keeps a registry of images in a file.

The folder that holds it holds `calls.jsonl`, a line of JSON a call, `registry.json`, digests by image reference, and
`orders.json`: pairs of words and what a call that has all of them does instead: `fail`, `hang`, or the status to exit
with. Who keeps a schema notes that it was dropped, unless an order says that it `stays`. Stacks that an order calls
`differ` differ.
"""

import contextlib
import hashlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

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


STACKS = ["NetworkStack", "ClusterStack", "ProdStack"]


def note(*words: str) -> None:
    """Add a line to what was called."""
    with (HERE / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(words) + "\n")


def keep_schema() -> int:
    """Be ready until the input ends, or the end is asked for; return whether the schema could not be dropped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()
    if [["schema"], "stays"] in orders():
        return 1
    note("dropped")
    return 0


def answer(command: list[str], registry: dict[str, str]) -> int:
    """Do what the real command would do to the registry and to its files; return its exit status."""
    match command:
        case ["docker", "run", *_, "python", "-c", _]:
            return keep_schema()
        case ["docker", "save", "--output", archive, _]:
            Path(archive).write_text("")
        case ["cdk", "synth", *options]:
            assembly = Path(options[options.index("--output") + 1])
            assembly.mkdir()
            (assembly / "manifest.json").write_text("{}")
        case ["cdk", "list", *_]:
            sys.stdout.write("\n".join([*STACKS, ""]))
        case ["cdk", "diff", *_, stack]:
            differing = int([[stack], "differ"] in orders())
            sys.stdout.write(f"Stack {stack}\n\n✨  Number of stacks with differences: {differing}\n")
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


def orders() -> list[list[Any]]:
    """Return what the test has ordered."""
    given: list[list[Any]] = json.loads((HERE / "orders.json").read_text())
    return given


def main() -> int:
    """Note the call, then obey the first order that fits it, or answer."""
    command = [Path(sys.argv[0]).name, *sys.argv[1:]]
    note(*command)
    for words, order in orders():
        if order not in {"differ", "stays"} and all(any(word in argument for argument in command) for word in words):
            if order == "hang":
                signal.pause()
            sys.stderr.write("as ordered\n")
            return 1 if order == "fail" else int(order)
    registry = json.loads((HERE / "registry.json").read_text())
    status = answer(command, registry)
    (HERE / "registry.json").write_text(json.dumps(registry))
    return status


if __name__ == "__main__":
    sys.exit(main())
