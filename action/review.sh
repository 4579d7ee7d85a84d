#!/usr/bin/env bash
# Proves CLAIMS and audits CONFIGS under ENGINES; writes one Markdown report and names it as the output `report`.
# Ends with the worst exit code of the two; that of the audit counts where AUDIT_FAILS is true, or where it could not run.
set -uo pipefail
prover="$RUNNER_TEMP/rope-prover/bin/rope-prover"
report="$RUNNER_TEMP/rope-prover-report.md"
worst=0

# heading, whether its verdicts count, command, and its arguments
part() {
    local heading="$1" counts="$2" command="$3" code before
    shift 3
    { echo "## $heading"; echo; } >> "$report"
    before=$(wc -c < "$report")
    "$prover" "$command" --format markdown "$@" >> "$report" 2> "$RUNNER_TEMP/rope-prover-errors.txt"
    code=$?
    cat "$RUNNER_TEMP/rope-prover-errors.txt" >&2
    # An answer that was printed tells itself which files could not be read.
    if [[ $(wc -c < "$report") == "$before" ]] \
        && grep -qE '^(error|internal failure): ' "$RUNNER_TEMP/rope-prover-errors.txt"; then
        { echo; echo '```text'; grep -E '^(error|internal failure): ' "$RUNNER_TEMP/rope-prover-errors.txt" \
            | head -n 20 | tr -d '`'; echo '```'; } >> "$report"
    fi
    echo >> "$report"
    [[ $counts == true || $code == 2 || $code == 4 ]] && (( code > worst )) && worst=$code
    return 0
}

# Nothing was asked that can be answered: the log and the summary of the job say why.
refuse() {
    echo "error: $1" >&2
    [[ -z ${GITHUB_STEP_SUMMARY:-} ]] || printf '## RoPE\n\nNothing was decided.\n\n```text\nerror: %s\n```\n' "${1//\`/}" \
        >> "$GITHUB_STEP_SUMMARY"
    exit 2
}

: > "$report"
shopt -s nullglob globstar
# shellcheck disable=SC2206  # patterns are meant to be expanded
claims=($CLAIMS) configs=($CONFIGS)
[[ -z ${CLAIMS// /} || ${#claims[@]} != 0 ]] || refuse "no file is named by the claims '$CLAIMS'"
[[ -z ${CONFIGS// /} || ${#configs[@]} != 0 ]] || refuse "no file is named by the configs '$CONFIGS'"
[[ ${#claims[@]} != 0 || ${#configs[@]} != 0 ]] || refuse "neither claims nor configs are named"
[[ ${#claims[@]} == 0 ]] || part "RoPE claims" true run -- "${claims[@]}"
[[ ${#configs[@]} == 0 ]] || part "RoPE of the model configs" "$AUDIT_FAILS" audit --engines "$ENGINES" -- "${configs[@]}"
# GitHub takes summaries of a mebibyte.
[[ -z ${GITHUB_STEP_SUMMARY:-} ]] ||
    python3 "$(dirname "$0")/cut.py" "$report" 1000000 "The file that the output 'report' names" >> "$GITHUB_STEP_SUMMARY"
echo "report=$report" >> "$GITHUB_OUTPUT"
exit "$worst"
