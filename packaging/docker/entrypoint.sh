#!/bin/sh
# Nothing, or what comes after the image's name, is a command of energy-hw; a path that ends in .ini is a
# configuration of serial_teleinfo's container.
set -eu

# In a container the others are outside it. With no USERS_PASSWORD the server refuses that, and says so.
export HTTP_LISTEN="${HTTP_LISTEN:-0.0.0.0:8000}"

case "${1:-}" in
'') set -- teleinfo serve ;;
*.ini) set -- teleinfo serve "$@" ;;
energy-hw) shift ;;
esac

# exec: the server itself gets SIGTERM.
exec energy-hw "$@"
