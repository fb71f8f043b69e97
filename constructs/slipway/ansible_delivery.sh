#!/bin/sh
# Applies the playbooks that lie zipped in /opt/slipway/ansible.zip to this host.
# Arguments: the host's name in site.yml; the playbooks' variables, a JSON object in Base64.
# Run by Systems Manager with /bin/sh, as root.
set -eu
play=$1
variables=$2
home=/opt/slipway
chmod 755 "$home" # Systems Manager's agent makes it for root alone; some tasks run as other users, with the Python in it

cloud-init status --wait || true # the first boot holds the package manager's lock; its own errors are not ours
export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=600 update --quiet
apt-get -o DPkg::Lock::Timeout=600 install --yes --quiet python3-venv

rm -rf "$home/ansible"
python3 -m zipfile -e "$home/ansible.zip" "$home/ansible"
rm "$home/ansible.zip" # so that no run can take what an earlier one left
[ -x "$home/venv/bin/pip" ] || python3 -m venv "$home/venv"
"$home/venv/bin/pip" install --quiet --require-hashes --requirement "$home/ansible/requirements.txt"

umask 077
printf '%s' "$variables" | base64 --decode >"$home/variables.json"
cd "$home/ansible"
# Of a long output Systems Manager keeps the beginning: what failed, which comes last, goes to the other stream.
export ANSIBLE_DISPLAY_FAILED_STDERR=1 ANSIBLE_NOCOLOR=1 HOME=/root LC_ALL=C.UTF-8
exec "$home/venv/bin/ansible-playbook" --inventory "$play," --connection local --extra-vars "@$home/variables.json" site.yml
