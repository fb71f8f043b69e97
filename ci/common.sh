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
  # Jenkins numbers the builds that run side by side on a host: what one makes there is not the other's.
  beside=${EXECUTOR_NUMBER:+-$EXECUTOR_NUMBER}
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

# A private repository answers nobody without a token. Git asks for it when it needs it, so that it stands nowhere.
if [[ -n ${SLIPWAY_GITHUB_TOKEN_SECRET-} ]]; then
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=credential.https://github.com.helper
  export GIT_CONFIG_VALUE_0="!python '$PWD/ci/git_credentials.py'"
fi

# The commit that is built; its hash names the images. `-dirty` marks what no commit holds.
release=$(git rev-parse HEAD)
[[ -z $(git status --porcelain) ]] || release+=-dirty

committed() {
  [[ $release != *-dirty ]] || fail 'the working tree has changes; only a commit can be released: commit or stash them'
}

# local_image SERVICE [TARGET]: the name of an image on this machine, this build's own: two may build one commit.
local_image() {
  echo "slipway/$1${2:+-$2}:$release$beside"
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
  local newest ref=refs/heads/$BRANCH_NAME
  # Git takes the name for the end of one: another branch may be called refs/heads/main.
  newest=$(git ls-remote origin "$ref" | awk -v ref="$ref" '$2 == ref { print $1; found = 1 } END { exit !found }') ||
    fail "the newest commit of $BRANCH_NAME cannot be told: origin does not answer, or the branch is gone"
  [[ $newest != "$release" ]] || return 1
  echo "$BRANCH_NAME is at $newest by now, which will be deployed instead of $release" | tee "$newer" ||
    fail "$newer cannot be written"
}
