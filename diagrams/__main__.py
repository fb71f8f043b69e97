"""`python -m diagrams DIRECTORY` draws the stacks that a synthesis has written to DIRECTORY, and the pipeline."""

import argparse
import sys
from pathlib import Path

from diagrams import DIRECTORY, DiagramError, jenkinsfile
from diagrams.architecture import architecture
from diagrams.pipeline import pipeline
from diagrams.request_path import request_path
from diagrams.stacks import Stacks
from diagrams.svg import draw


def main() -> int:
    """Draw all pictures; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m diagrams", description="Draw docs/diagrams/.")
    parser.add_argument("directory", type=Path, help="where a synthesis has written the templates")
    directory: Path = parser.parse_args().directory
    try:
        stacks = Stacks.read(directory)
        pictures = {
            "architecture": architecture(stacks),
            "request-path": request_path(stacks),
            "pipeline": pipeline(jenkinsfile.read()),
        }
        for name, picture in pictures.items():
            file = DIRECTORY / f"{name}.svg"
            file.write_text(draw(picture), "utf-8")
            sys.stdout.write(f"{file}\n")
    except DiagramError as error:
        sys.stderr.write(f"slipway: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
