// Package e2e drives the real program with the real clients: Notion's own
// JavaScript SDK and its MCP server talk to the notionproxy binary, and that to
// a Notion from package notiontest.
//
//	js/sdk.mjs, js/driver.mjs, notion-mcp-server     node
//	  │
//	notionproxy                                      a process, its log read back
//	  │
//	notiontest                                       in the test, or a process to kill
//
// Every program that a test starts is stopped with SIGTERM and must then exit
// with 0, and its log must be JSON to the last line and hold no token and no
// content. README.md says what has to be installed.
package e2e
