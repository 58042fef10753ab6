#!/usr/bin/env bash
# A first conversation with the desk, by curl. Start the server, then: bash docs/walkthrough.sh
# Usage: walkthrough.sh [URL]. The server uses the built-in clerk, or any model.
set -euo pipefail
url=${1:-http://localhost:8000}

say() { # say MESSAGE [SESSION_ID]: prints the streamed answer
  local body
  body=$(python3 -c 'import json, sys; print(json.dumps({"message": sys.argv[1], **({"session_id": sys.argv[2]} if len(sys.argv) > 2 else {})}))' "$@")
  printf '\n> %s\n' "$1"
  curl -sSN --fail-with-body "$url/chat" -H 'Content-Type: application/json' -d "$body"
}

echo '# What answers here'
curl -sS --fail-with-body "$url/"; echo
curl -sS --fail-with-body "$url/health"; echo

echo '# A message without a session opens one'
say 'There is a huge pothole on Mabini Street in front of the bakery.'

echo '# A session remembers'
say 'Hi there' test-user-123
say 'What did I just say?' test-user-123

echo '# Feedback in one message, filed at once'
say "hi there i would like to give some feedback, I would like to suggest we should have lockers in ginza station becaause people shop there more, it's hard to bring your shopping bags everywhere. My name is jao garcia. I have nothing else to say?" test-user-123

echo '# Sessions: anonymous and named, listed by user'
curl -sS --fail-with-body "$url/sessions/create" -H 'Content-Type: application/json' -d '{}'; echo
curl -sS --fail-with-body "$url/sessions/create" -H 'Content-Type: application/json' -d '{"user_id": "alice"}'; echo
curl -sS --fail-with-body "$url/sessions?limit=10"; echo
curl -sS --fail-with-body "$url/sessions?user_id=alice"; echo
curl -sS --fail-with-body "$url/sessions/test-user-123"; echo
curl -sS --fail-with-body "$url/sessions/test-user-123/messages"; echo
