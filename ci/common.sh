# shellcheck shell=bash
# What the pipeline's scripts share; they source it. It goes to the repository's root, finds the pinned tools, answers
# --help with the script's head comment, and refuses every other argument.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"

# shellcheck disable=SC2034  # each script uses those it needs
{
  services=(backend frontend)
  docker=${DOCKER:-docker}
  # What one step leaves for the next: the tested images by digest, and the outputs of the deployed stack.
  images=.slipway/release/images.env
  outputs=.slipway/release/outputs.json
}

fail() {
  echo "ci/${0##*/}: $1" >&2
  exit 1
}

case ${1-} in
  '') ;;
  --help) sed -n '2,/^$/ s/^# \{0,1\}//p' "$0" && exit ;;
  *) fail "unknown argument $1; see ci/${0##*/} --help" ;;
esac

# need VARIABLE MEANING: stops unless the environment sets it.
need() {
  [[ -n ${!1-} ]] || fail "$1 is not set; it is $2"
}

# The commit that is built; its hash names the images. `-dirty` marks what no commit holds.
release=$(git rev-parse HEAD)
[[ -z $(git status --porcelain) ]] || release+=-dirty

committed() {
  [[ $release != *-dirty ]] || fail 'the working tree has changes; only a commit can be released: commit or stash them'
}

# local_image SERVICE [TARGET]: the name of an image on this machine.
local_image() {
  echo "slipway/$1${2:+-$2}:$release"
}

# digest_of REFERENCE: the digest of an image in a registry; fails when there is none.
digest_of() {
  skopeo inspect --no-tags --format '{{.Digest}}' "docker://$1"
}
