#!/bin/sh
# An MCP server so small that a hundred of them can run: one tool, named like the server.
# $1 its name; $2 a file that gets the lines "starting <name>" and "started <name>"; $3 "silent": never answers.
echo "starting $1" >> "$2"
while read -r line; do
  rest=${line#*\"id\":}
  id=${rest%%[,\}]*}
  case $line in
    *'"method":"initialize"'*)
      [ "$3" = silent ] && continue
      sleep 0.05
      echo "started $1" >> "$2"
      printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"tiny","version":"1"}}}\n' "$id" ;;
    *'"method":"tools/list"'*)
      printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"%s","inputSchema":{"type":"object"}}]}}\n' "$id" "$1" ;;
    *'"id":'*)
      [ "$3" = silent ] && continue
      printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"Method not found"}}\n' "$id" ;;
  esac
done
