#!/usr/bin/env bash
# Run the unit tests and ansible-test sanity with each supported release of ansible-core, on the oldest and the newest Python
# that it has and this machine has. What is to run can be named, such as: tests/versions.sh 2.16/3.10 host-2.16/3.9
#   RELEASE/PYTHON       all unit tests, and sanity, as on a controller
#   host-RELEASE/PYTHON  modules and module_utils only, with the module_utils that such a controller sends to a host
# Python is looked for on PATH and in ~/.pyenv/versions. Environments are kept in build/versions.
set -euo pipefail
cd "$(dirname "$0")/.."

# The Pythons that each release supports. ansible-core 2.21 is the newest release.
declare -A CONTROLLERS=([2.16]="3.10 3.11 3.12" [2.18]="3.11 3.12 3.13" [2.19]="3.11 3.12 3.13" [2.21]="3.12 3.13 3.14")
HOSTS="3.9 3.10 3.11 3.12 3.13"
LIBRARIES=(hypothesis lxml pytest pytest-xdist sushy-tools ucsmsdk)

python_of() {  # VERSION: its program, if there is one
    local found
    for found in ~/.pyenv/versions/"$1".*/bin/python "$(type -P "python$1" || true)"; do
        if [[ -x $found ]] && "$found" -c 'import ensurepip' 2>/dev/null; then echo "$found"; return; fi
    done
    return 1
}

ends() {  # VERSION...: the oldest and the newest that this machine has
    local version found=()
    for version in "$@"; do if python_of "$version" >/dev/null; then found+=("$version"); fi; done
    ((${#found[@]} == 0)) || printf '%s\n' "${found[0]}" "${found[-1]}" | uniq
}

all() {
    local release version
    for release in 2.16 2.18 2.19 2.21; do
        for version in $(ends ${CONTROLLERS[$release]}); do echo "$release/$version"; done
    done
    # A host can be older than any controller. The newest Python is already with the controllers.
    for release in 2.16 2.21; do
        for version in $(ends $HOSTS | head -n 1); do echo "host-$release/$version"; done
    done
}

environment() {  # NAME RELEASE PYTHON
    local folder=build/versions/$1
    [[ ! -e $folder/stamp ]] || return 0
    "$(python_of "$3")" -m venv --clear "$folder"
    # pip would not install a controller where only its module_utils can run.
    "$folder/bin/pip" install --quiet --disable-pip-version-check --ignore-requires-python --no-deps "ansible-core ~= $2.0"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "${LIBRARIES[@]}" \
        cryptography 'jinja2 >= 3.1' packaging PyYAML 'resolvelib >= 0.5.3, < 2'
    touch "$folder/stamp"
}

run() {  # RELEASE/PYTHON or host-RELEASE/PYTHON
    local release=${1%/*} version=${1#*/} tests=(tests/unit)
    local name=${1/\//-}
    environment "$name" "${release#host-}" "$version" || return 1
    if [[ $release == host-* ]]; then
        # Folders with tests that go through a filter are about the controller's part, which wants a newer Python.
        local filters
        filters=$(grep --recursive --files-with-matches --include='*.py' --extended-regexp \
            'plugins\.(filter|plugin_utils)|ansible\.(errors|plugins|parsing)' tests/unit/plugins/module_utils |
            xargs dirname | sort --unique | sed 's,$,/,')
        mapfile -t tests < <(find tests/unit/plugins/modules tests/unit/plugins/module_utils -name 'test_*.py' |
            grep --invert-match --fixed-strings "$filters" | sort)
    fi
    PATH=$PWD/build/versions/$name/bin:$PATH pytest --numprocesses="${PROCESSES:-auto}" --quiet \
        -o cache_dir="build/versions/$name/pytest" "${tests[@]}" || return 1
    [[ $release != host-* ]] || return 0
    PATH=$PWD/build/versions/$name/bin:$PATH SANITY_FOLDER=build/versions/$name/sanity SANITY_HOSTS=3.9 tests/sanity.sh
}

(($# > 0)) || set -- $(all)
failed=()
for one in "$@"; do
    printf '\n=== %s\n' "$one"
    run "$one" || failed+=("$one")
done
((${#failed[@]} == 0)) || { printf '\n=== failed: %s\n' "${failed[*]}"; exit 1; }
printf '\n=== passed with %s\n' "$*"
