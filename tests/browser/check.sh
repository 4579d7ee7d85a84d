#!/usr/bin/env bash
# Opens pages in Debian's Chromium and has axe-core go over them. What is missing is installed: Chromium with its driver,
# and axe-core at the version and digest below. Usage: check.sh PYTHON [pytest's arguments]
set -euo pipefail
python=$(realpath -s "$1")
shift
cd "$(dirname "$0")/../.."

axe_version=4.14.1
axe_digest=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c

missing=()
command -v chromium > /dev/null && command -v chromedriver > /dev/null || missing+=(chromium chromium-driver)
command -v npm > /dev/null || missing+=(npm)
if [ ${#missing[@]} -gt 0 ]; then
    echo "installing Debian's ${missing[*]}"
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "axe-core@$axe_version" > /dev/null && tar -xzf axe-core-*.tgz package/axe.min.js)
echo "$axe_digest  $work/package/axe.min.js" | sha256sum --check --quiet
AXE_CORE="$work/package/axe.min.js" "$python" -m pytest -q -m browser tests/browser "$@"
