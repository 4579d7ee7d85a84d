#!/usr/bin/env bash
# Puts REPORT into the pull request NUMBER: a comment of its own, or the one that it wrote before.
# A token that may not write, such as that of a fork's pull request, leaves the report in the job's summary.
set -uo pipefail
mark='<!-- rope-prover -->'
most=60000   # GitHub takes 65536 characters
body="$RUNNER_TEMP/rope-prover-comment.md"
echo "$mark" > "$body"
python3 "$(dirname "$0")/cut.py" "$REPORT" "$most" "The summary of the job" >> "$body"
comments="repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments"
id=$(gh api --paginate "$comments" \
    --jq ".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$mark\"))) | .id" | head -n 1)
if [[ $id =~ ^[0-9]+$ ]]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$body" > /dev/null
else
    gh api --method POST "$comments" -F "body=@$body" > /dev/null
fi || echo "::warning::The result could not be posted; it stands in the job's summary."
exit 0
