# Everything a developer runs; `make` alone lists it. State lives in .venv/, build/ and ~/.cache/nfv.kvm (images, saved
# hosts, results of tests); run `make lab-down` before you delete them.

PYTHON ?= /usr/bin/python3
# How many hosts the lab has; empty: as many as the role says.
LAB_HOSTS :=
# The host that lab-ssh logs in to.
HOST := kvm1
# One scenario of extensions/molecule/; empty: all that have not yet passed on the same content. With FRESH=1, all.
# With KEEP=1 the lab stays up afterwards.
SCENARIO :=
FRESH :=
KEEP :=
# One of the combinations of test-versions; empty: all.
VERSIONS :=
# The Debian release of the lab's hosts: trixie or bookworm.
SUITE := trixie

LAB_PACKAGES := bubblewrap mmdebstrap qemu-utils mtools dosfstools syslinux syslinux-common fdisk e2fsprogs openssh-client \
	zstd xz-utils

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Relative paths only, so that the name of the checkout does not matter to make.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/build/collections
export FRESH
export LAB_SUITE := $(SUITE)

COLLECTION := build/collections/ansible_collections/nfv/kvm
INVENTORY := build/lab/inventory.yml
EXTRA_VARS := -e lab_suite=$(SUITE) $(if $(LAB_HOSTS),-e '{"lab_host_count": $(LAB_HOSTS)}')

.PHONY: help demo test lab lab-down lab-ssh lint units sanity molecule bench docs test-versions
.DEFAULT_GOAL := help

help:  ## List what there is
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/\1\t\2/p' Makefile | expand -t 12

demo: lab  ## See the main job: an appliance in the lab forwards packets over two VFs
	ansible-playbook -i $(INVENTORY) -e @playbooks/vars/demo.yml playbooks/demo.yml
	@cat build/demo.txt

test: .venv/test.stamp | $(COLLECTION)  ## Run all tests, the quick ones first (FRESH=1 repeats passed ones, SUITE=bookworm uses Debian 12)
	@for phase in lint units sanity molecule; do \
		printf '\n=== %s (%d:%02d after the start)\n' $$phase $$((SECONDS / 60)) $$((SECONDS % 60)); \
		$(MAKE) $$phase; \
	done; \
	printf '\n=== all passed in %d:%02d\n' $$((SECONDS / 60)) $$((SECONDS % 60))

lab: .venv/run.stamp | $(COLLECTION)  ## Bring the lab up (LAB_HOSTS=2 for two hosts)
	@.ci/apt-install $(LAB_PACKAGES)
	ansible-playbook $(EXTRA_VARS) playbooks/lab_up.yml

lab-down: .venv/run.stamp | $(COLLECTION)  ## Take the lab down
	ansible-playbook $(EXTRA_VARS) playbooks/lab_down.yml

lab-ssh:  ## Log in to a host of the lab (HOST=kvm1)
	@ssh -t -F build/lab/ssh_config $(HOST)

lint: .venv/test.stamp | $(COLLECTION)  ## Look at the code: ruff, mypy, ansible-lint, and what Galaxy checks
	ruff check .
	mypy
	ansible-lint
	.ci/galaxy-lint

units: .venv/test.stamp | $(COLLECTION)  ## Run the unit tests
	pytest --numprocesses=auto --dist=loadgroup

sanity: .venv/test.stamp  ## Run ansible-test sanity
	@python .ci/kept.py sanity tests/sanity.sh

test-versions: | $(COLLECTION)  ## Run units and sanity with ansible-core 2.16 to the newest (VERSIONS=2.16/3.10 for one)
	tests/versions.sh $(VERSIONS)

molecule: .venv/test.stamp | $(COLLECTION)  ## Run the scenarios in the lab (SCENARIO=name for one, KEEP=1 to leave the lab up)
	@.ci/apt-install $(LAB_PACKAGES)
	@.ci/scenarios $(SCENARIO) && status=0 || status=$$?; \
	$(if $(KEEP),,ansible-playbook playbooks/lab_down.yml || status=$$?;) \
	exit $$status

bench: lab  ## Measure modules in the lab, as ratios to ansible.builtin.ping and to other ways
	@failed=; for bench in tests/bench/bench_*.py; do python $$bench || failed+=" $$bench"; done; \
	ansible-playbook playbooks/lab_down.yml; \
	[ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

docs: .venv/docs.stamp | $(COLLECTION)  ## Build the documentation site in build/docs/html
	@rm -rf build/docs
	@mkdir -p build/docs
	@cp -R docs/docsite build/docs/source
	@cp CONTRIBUTING.md build/docs/source/contributing.md
	@chmod go-w build/docs/source/reference  # antsibull-docs wants it so
	antsibull-docs --config-file docs/docsite/antsibull-docs.cfg collection --use-current --fail-on-error \
		--no-indexes --no-breadcrumbs --squash-hierarchy --no-add-antsibull-docs-version \
		--dest-dir build/docs/source/reference nfv.kvm
	@python .ci/profile_pages.py >build/docs/source/reference/profiles.md
	sphinx-build --quiet --fail-on-warning --keep-going --jobs auto build/docs/source build/docs/html
	@echo "$(CURDIR)/build/docs/html/index.html"

# A stamp is written last: what was interrupted is done again.
.venv/run.stamp: requirements.txt
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || .ci/apt-install python3-venv
	$(PYTHON) -m venv --clear .venv
	pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

.venv/test.stamp: tests/requirements.txt .venv/run.stamp
	pip install --quiet --disable-pip-version-check --requirement requirements.txt --requirement tests/requirements.txt
	@touch $@

.venv/docs.stamp: docs/docsite/requirements.txt .venv/run.stamp
	pip install --quiet --disable-pip-version-check --requirement requirements.txt --requirement docs/docsite/requirements.txt
	@touch $@

# The checkout under the name by which ansible and Python import it.
$(COLLECTION):
	@mkdir -p $(@D)
	@ln -sfn ../../../.. $@
