// Reads a JSON list of Slack's mrkdwn texts from standard input; writes a JSON list of the HTML that each becomes.
const { toHTML } = require("slack-markdown");

let given = "";
process.stdin.on("data", (chunk) => (given += chunk)).on("end", () => {
  // What we send is escaped as Slack wants it; a renderer that escapes once more would hide what we forgot.
  process.stdout.write(JSON.stringify(JSON.parse(given).map((text) => toHTML(text, { escapeHTML: false }))));
});
