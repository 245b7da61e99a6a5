# shellcheck shell=bash
# What Dragoman needs on this machine and how it gets there. Sourced by the scripts beside it, never run.
#
#   ensure_packages PURPOSE      Debian packages
#   ensure_environment PURPOSE   the same, then the Python environment in .venv
#
# PURPOSE is one of: demo, device, test, long, bench. What is there already is left alone, so that a second call
# costs less than a second.

root=$(dirname -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")")
venv=$root/.venv

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$(basename -- "$0"): $*"
    exit 1
}

# What apt and pip say is for the case that it fails.
quietly() {
    local words
    words=$("$@" 2>&1) || { say "$words"; fail "failed: $*"; }
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root, and there is no sudo: run as root: $*"
    fi
}

# The environment belongs to whom the checkout belongs to: a user may run what somebody else has checked out.
as_owner() {
    if [[ -w $root ]]; then
        "$@"
    else
        command -v sudo >/dev/null || fail "$root is not yours to write to, and there is no sudo"
        sudo --user="#$(stat --format=%u -- "$root")" --set-home "$@"
    fi
}

# --- Debian packages -------------------------------------------------------------------------------------------

# A board whose pins a button and a light can hang on.
has_pins() { [[ $(uname -m) == @(aarch64|armv*) ]] && compgen -G '/dev/gpiochip*' >/dev/null; }

# Without these nothing works.
needed_packages() {
    local python=(python3-venv python3-dev gcc libc6-dev pkg-config portaudio19-dev libsystemd-dev)
    local engine=(apertium apertium-eng-spa libespeak-ng1 espeak-ng-data)
    local pins=()
    if has_pins; then pins=(swig); fi # lgpio has no wheels for Python 3.13
    case $1 in
        device) echo "${python[@]}" "${engine[@]}" "${pins[@]}" ;;
        demo) echo "${python[@]}" "${engine[@]}" mosquitto ;;
        *) echo "${python[@]}" "${engine[@]}" mosquitto mosquitto-clients alsa-utils libasound2-plugins ;;
    esac
}

# Without these less is tested; the tests that miss them say so.
wanted_packages() {
    local tests=(pulseaudio pulseaudio-utils apertium-eng-cat apertium-en-gl apertium-eo-en shellcheck)
    case $1 in
        test | bench) echo "${tests[@]}" ;;
        long) echo "${tests[@]}" debootstrap systemd-container dbus ;;
        *) ;;
    esac
}

missing_of() {
    local present package
    (($#)) || return 0
    # shellcheck disable=SC2016 # dpkg-query's own placeholders
    present=$(dpkg-query --show --showformat='${binary:Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        grep --quiet --extended-regexp "^$package(:[a-z0-9]+)? installed\$" <<<"$present" || echo "$package"
    done
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet=2 --option=Dpkg::Use-Pty=0 \
        --option=DPkg::Lock::Timeout=300 "$@"
}

# --no-remove: on a desktop with PipeWire, PulseAudio would push its sound server out. Then it stays out itself.
apt_install() { apt_get install --yes --no-remove --no-install-recommends "$@"; }

apt_could_install() { apt-get --quiet=2 --simulate --no-remove --no-install-recommends install "$@" &>/dev/null; }

package_lists_are_of_today() {
    [[ -n $(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -ctime -1 -print -quit 2>/dev/null) ]]
}

# Those of the packages that apt can install; says which it cannot.
possible_of() {
    local package
    if apt_could_install "$@"; then
        printf '%s\n' "$@"
        return
    fi
    for package in "$@"; do
        if apt_could_install "$package"; then
            echo "$package"
        else
            say "Left out, apt cannot install it here (or only by removing something): $package"
        fi
    done
}

ensure_packages() {
    local missing optional
    command -v apt-get >/dev/null || fail "this installs by apt, and there is none here. Needed: $(needed_packages "$1")"
    # shellcheck disable=SC2046 # lists of words
    mapfile -t missing < <(missing_of $(needed_packages "$1"))
    # shellcheck disable=SC2046
    mapfile -t optional < <(missing_of $(wanted_packages "$1"))
    ((${#missing[@]} + ${#optional[@]})) || return 0
    if ! apt_could_install "${missing[@]}" "${optional[@]}" && ! package_lists_are_of_today; then
        say "Renewing the lists of packages."
        quietly apt_get update
    fi
    ((${#optional[@]} == 0)) || mapfile -t optional < <(possible_of "${optional[@]}")
    ((${#missing[@]} + ${#optional[@]})) || return 0
    missing+=("${optional[@]}")
    say "Installing by apt, which may take some minutes: ${missing[*]}"
    install_quietly "${missing[@]}"
}

# Debian's mosquitto starts a broker on port 1883 as soon as it is installed, and at every boot. Nobody asked for that
# who wanted to see a demo (it runs a private broker), so a service that comes with this installation stays off.
install_quietly() {
    local policy=/usr/sbin/policy-rc.d brings_broker=false
    if [[ " $* " == *" mosquitto "* ]]; then brings_broker=true; fi
    if $brings_broker && [[ ! -e $policy ]]; then
        trap 'as_root rm --force /usr/sbin/policy-rc.d' EXIT
        printf '%s\n' '#!/bin/sh' "case \"\$*\" in *mosquitto*) exit 101 ;; esac" |
            as_root install --mode=755 /dev/stdin "$policy"
    fi
    # Lists that are older than the archive name versions that are there no more: renewed, they do.
    apt_install "$@" &>/dev/null || { quietly apt_get update && quietly apt_install "$@"; }
    if [[ -n $(trap -p EXIT) ]]; then
        as_root rm --force "$policy"
        trap - EXIT
    fi
    if $brings_broker && command -v systemctl >/dev/null; then
        as_root systemctl --quiet disable mosquitto.service 2>/dev/null || true
        say "mosquitto's own service is left off; to have it: systemctl enable --now mosquitto"
    fi
}

# --- Python ----------------------------------------------------------------------------------------------------

# Good enough: 3.11 or newer, can make environments, and has the headers that PyAudio is built with.
python_is_usable() {
    "$1" -c 'import ensurepip, os, sys, sysconfig, venv
headers = os.path.join(sysconfig.get_path("include"), "Python.h")
sys.exit(sys.version_info < (3, 11) or not os.path.exists(headers))' &>/dev/null
}

find_python() {
    local candidate
    for candidate in python3.13 python3.12 python3.11 python3; do
        if python_is_usable "$candidate"; then
            "$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))'
            return
        fi
    done
    fail "no Python 3.11 or newer with venv and headers here (tried python3.13, python3.12, python3.11, python3)"
}

# Where pip fetches and builds: /tmp may be memory (Debian 13), of which a small board has too little.
on_disk=${TMPDIR:-/var/tmp}
# What pip is run by. PYPI: lgpio is built with its C library in it, which Debian does not have. And a 32-bit Debian
# with a 64-bit kernel (Raspberry Pi OS has it) calls its machine what the kernel does, and pip would want what is for
# 64 bits.
pip_by=(env TMPDIR="$on_disk" PYPI=1)
if [[ $(getconf LONG_BIT)-$(uname -m) == 32-*64 ]]; then pip_by+=(linux32); fi

# make_environment DIRECTORY PYTHON: a new environment whose pip knows dependency groups.
make_environment() {
    as_owner "$2" -m venv --clear "$1"
    quietly as_owner "${pip_by[@]}" "$1/bin/python" -m pip install --upgrade 'pip>=25.1'
}

dependency_group() {
    case $1 in
        demo) echo demo ;;
        bench | long) echo "$1" ;;
        *) echo test ;;
    esac
}

# What an installation was made from: where it is (scripts in it name their place), what it has to hold.
fingerprint() {
    { printf '%s\n' "$venv" "${DRAGOMAN_EXTRA_GROUP-}" && cat -- "$root/pyproject.toml" "${BASH_SOURCE[0]}"; } | sha256sum | cut --fields=1 --delimiter=' '
}

ensure_environment() {
    local group stamp wanted lock
    ensure_packages "$1"
    group=$(dependency_group "$1")
    stamp=$venv/dragoman-$group.stamp
    wanted=$(fingerprint)
    exec {lock}<"$root/pyproject.toml"
    flock "$lock" # two scripts started at the same time: the second waits for the first
    if [[ $(cat -- "$stamp" 2>/dev/null) != "$wanted" ]] || ! "$venv/bin/python" -c '' 2>/dev/null; then
        fill_environment "$group"
        as_owner tee "$stamp" <<<"$wanted" >/dev/null
    fi
    exec {lock}<&-
}

fill_environment() {
    say "Installing the Python packages for '$1' into $venv; the first time takes a few minutes."
    if ! made_here; then make_environment "$venv" "$(find_python)"; fi
    (
        cd -- "$root" || exit
        # DRAGOMAN_EXTRA_GROUP: a dependency group that nobody gets unasked, such as the Speech service's own client.
        quietly as_owner "${pip_by[@]}" "$venv/bin/python" -m pip install \
            --editable '.[cloud,device,files,gateway,mdns]' \
            --group "$1" ${DRAGOMAN_EXTRA_GROUP:+--group "$DRAGOMAN_EXTRA_GROUP"}
    )
}

# Whether .venv works and was made at this very place: one that was moved or copied starts another's programs.
made_here() {
    [[ $("$venv/bin/python" -c 'import sys; print(sys.prefix)' 2>/dev/null) == "$venv" ]] &&
        grep --quiet --fixed-strings "$venv" "$venv/bin/pip" &&
        "$venv/bin/python" -c 'import pip, sys; sys.exit(tuple(map(int, pip.__version__.split(".")[:2])) < (25, 1))'
}
