#!/usr/bin/env bash
# Run ansible-test sanity, on a copy of the checkout: it wants a path that ends in ansible_collections/nfv/kvm.
# Arguments are passed on, such as --test validate-modules. SANITY_FOLDER is the folder of the copy, and SANITY_HOSTS the
# Pythons of hosts that modules are compiled and imported with.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$PWD/${SANITY_FOLDER:-build/sanity}
log=$folder.log
copy=$folder/ansible_collections/nfv/kvm
# A fresh copy, but for tests/output: ansible-test keeps its virtual environments there.
mkdir -p "$copy/tests"
find "$copy" -mindepth 1 -maxdepth 1 ! -name tests -exec rm -rf {} +
find "$copy/tests" -mindepth 1 -maxdepth 1 ! -name output -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do [[ ! -e $file ]] || printf '%s\0' "$file"; done |
    tar --create --null --files-from=- | tar --extract --directory="$copy"
git init --quiet "$copy"  # or ansible-test would ask the repository above, which ignores build/

attempt() {
    (cd "$copy" && ansible-test sanity --venv --requirements --python "$@") 2>&1 | tee "$log"
}

sanity() {  # VERSION [ARGUMENT...]
    attempt "$@" && return
    # ansible-test fetches a script that brings pip. Where that cannot be had, what Python ships does as well.
    script=$(sed -n 's/.*manually downloaded and saved to: //p' "$log")
    [[ $script ]] || return 1
    trap 'rm -f "$script"' EXIT
    echo 'import ensurepip; ensurepip.bootstrap()' >"$script"
    attempt "$@"
}

own=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
sanity "$own" "$@"
(($# == 0)) || exit 0

# Modules run with the hosts' Python: try those versions that happen to be here.
for version in ${SANITY_HOSTS:-3.9 3.10 3.11 3.12 3.13}; do
    if [[ $version != "$own" ]] && "python$version" -c '' 2>/dev/null; then
        sanity "$version" --test compile --test import
    fi
done
