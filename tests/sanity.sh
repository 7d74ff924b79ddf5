#!/usr/bin/env bash
# Run ansible-test sanity, on a copy of the checkout: it wants a path that ends in ansible_collections/nfv/kvm.
# Arguments are passed on, such as --test validate-modules.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$PWD/build/sanity.log
copy=$PWD/build/sanity/ansible_collections/nfv/kvm
export PIP_QUIET=1  # or what fails is lost among what pip says

# A fresh copy, but for tests/output: ansible-test keeps its virtual environments there.
mkdir -p "$copy/tests"
find "$copy" -mindepth 1 -maxdepth 1 ! -name tests -exec rm -rf {} +
find "$copy/tests" -mindepth 1 -maxdepth 1 ! -name output -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [[ ! -e $file ]] || printf '%s\0' "$file"; done |
    tar --create --null --files-from=- | tar --extract --directory="$copy"
git init --quiet "$copy"  # or ansible-test would ask the repository above, which ignores build/

sanity() {
    (cd "$copy" && ansible-test sanity --venv --requirements --python "$python" "$@") 2>&1 | tee "$log"
}

python=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
sanity "$@" && exit

# ansible-test fetches a script that brings pip. Where that cannot be had, what Python ships does as well.
script=$(sed -n 's/.*manually downloaded and saved to: //p' "$log")
[[ $script ]] || exit 1
trap 'rm -f "$script"' EXIT
echo 'import ensurepip; ensurepip.bootstrap()' >"$script"
sanity "$@"
