// The npm package openai against a gateway, as a customer of the API would use it. Prints one JSON object of what it saw.
//   node client.mjs PATH_OF_THE_PACKAGE BASE_URL KEY
import { createRequire } from "node:module";

const [folder, baseURL, key] = process.argv.slice(2);
const OpenAI = createRequire(folder + "/")("openai");
const messages = [{ role: "user", content: "Hi" }];
const client = (apiKey, maxRetries = 0) => new OpenAI({ baseURL, apiKey, maxRetries });
const ask = (api, fields = {}) => api.chat.completions.create({ model: "shop-bare", messages, ...fields });
const refusal = async (answer) => {
  try {
    await answer;
    return null;
  } catch (error) {
    return { kind: error.constructor.name, status: error.status, code: error.code, param: error.param, id: Boolean(error.requestID) };
  }
};

const right = client(key);
const plain = (await ask(right)).choices[0].message.content;
let streamed = "";
let usage = null;
for await (const chunk of await ask(right, { stream: true, stream_options: { include_usage: true } })) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
const models = [];
for await (const model of right.models.list()) models.push(model.id);
console.log(
  JSON.stringify({
    plain,
    streamed,
    usage,
    models,
    wrongKey: await refusal(ask(client("fd-wrong"))),
    unknownField: await refusal(ask(right, { tools: [] })),
    unknownModel: await refusal(ask(right, { model: "nobody" })),
    overload: await refusal(ask(client(key), { user: "one too many" })),
    afterWaiting: (await ask(client(key, 5))).choices[0].message.content,
  }),
);
