"""Renders what Ansible would write on the hosts: every template and every variable of each role, as site.yml has it."""

import re
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template

_LOOKUP = "ansible_collections.amazon.aws.plugins.lookup.ssm_parameter.LookupModule.run"
_HOST_KEY = "ssh-ed25519 AAAA"
"""What the hosts would read from Systems Manager."""
_FACTS = {"default_ipv4": {"address": "10.40.1.2"}}
"""What Ansible would find out about the hosts."""
_load_plugins = cache(init_plugin_loader)


def render(playbooks: Path, target: Path) -> None:
    """Write what is rendered to `target`: one folder for each role of each play, with `variables.yml` in it."""
    _load_plugins()
    site = playbooks / "site.yml"
    told = {name: f"${name}" for name in re.findall(r"slipway_\w+", site.read_text())}  # by CloudFormation
    for play in _load(site):
        for role in play["roles"]:
            folder = target / play["hosts"] / role["role"]
            folder.mkdir(parents=True)
            _render_role(playbooks / "roles" / role["role"], {**told, **role.get("vars", {})}, folder)


def _render_role(role: Path, given: dict[str, Any], target: Path) -> None:
    key = target / "host-key.pub"
    key.write_text(_HOST_KEY)
    variables: dict[str, Any] = {
        "ansible_managed": "Ansible",
        "ansible_search_path": [str(role)],
        "ansible_facts": _FACTS,
    }
    for path in (role / "defaults/main.yml", role / "vars/main.yml"):
        variables |= _load(path) if path.exists() else {}
    variables |= {**given, "jenkins_controller_host_key_file": str(key)}
    templar = Templar(loader=DataLoader(), variables={**variables, "variables": variables})
    templates = {path.stem: path.read_text() for path in role.glob("templates/*.j2")}
    with patch(_LOOKUP, return_value=[_HOST_KEY]):
        for name, text in {**templates, "variables.yml": "{{ variables | to_nice_yaml }}"}.items():
            (target / name).write_text(str(templar.template(trust_as_template(text))))


def _load(path: Path) -> Any:
    return DataLoader().load_from_file(str(path), trusted_as_template=True)
