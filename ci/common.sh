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
  # What one step leaves for the next: the tested images by digest, why a person is asked, which newer commit is deployed
  # instead, the deployed stack's outputs.
  images=.slipway/release/images.env
  approval=.slipway/release/approval.txt
  newer=.slipway/release/newer.txt
  outputs=.slipway/release/outputs.json
  # What is kept of a build: results of tests, lists of contents, differences.
  reports=.slipway/reports
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

# tested_images: reads ci/push's file into `candidate` and `released`, by service, and into the context of a deployment.
# The file comes from the test host, which may write candidates and nothing else: it is read, never run.
tested_images() {
  committed
  need SLIPWAY_CANDIDATE_REGISTRY 'the registry and prefix of the candidate repositories; see ci/push --help'
  need SLIPWAY_RELEASE_REGISTRY 'the registry and prefix of the release repositories; see ci/deploy --help'
  [[ -f $images ]] || fail "$images is missing; ci/push writes it"
  declare -gA candidate=() released=()
  context=(--context "release=$release")
  local service repository digest
  for service in "${services[@]}"; do
    candidate[$service]=$(sed -n "s/^$service=//p" "$images")
    repository=${candidate[$service]%@*} digest=${candidate[$service]#*@}
    [[ $repository == "$SLIPWAY_CANDIDATE_REGISTRY/$service" && $digest =~ ^sha256:[0-9a-f]{64}$ ]] ||
      fail "$images names '${candidate[$service]}' for $service; allowed is $SLIPWAY_CANDIDATE_REGISTRY/$service@sha256:…"
    released[$service]=$SLIPWAY_RELEASE_REGISTRY/$service
    context+=(--context "images.$service=${released[$service]}@$digest")
  done
}

# superseded: whether the branch that Jenkins builds has a newer commit by now, which will be deployed instead.
superseded() {
  [[ -n ${BRANCH_NAME-} ]] || return 1
  local newest
  newest=$(git ls-remote --exit-code origin "refs/heads/$BRANCH_NAME" | cut -f 1) ||
    fail "the newest commit of $BRANCH_NAME cannot be told: origin does not answer, or the branch is gone"
  [[ $newest != "$release" ]] || return 1
  echo "$BRANCH_NAME is at $newest by now, which will be deployed instead of $release" | tee "$newer"
}
