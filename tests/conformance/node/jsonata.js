// Reads a JSON list of [expression, variables] from standard input; writes a JSON list of
// {"value"} where it is defined, {} where it is not, {"error"} where it fails.
const jsonata = require("jsonata");

async function evaluate([expression, variables]) {
  try {
    const value = await jsonata(expression).evaluate(undefined, variables);
    return value === undefined ? {} : { value };
  } catch (error) {
    return { error: `${error.code}: ${error.message}` };
  }
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const answers = [];
  for (const one of JSON.parse(Buffer.concat(chunks).toString("utf8"))) answers.push(await evaluate(one));
  process.stdout.write(JSON.stringify(answers));
}

main();
