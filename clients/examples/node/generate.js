// Starts a generation over gRPC and prints its progress; needs `protos/` and nothing else of ours.
//
//   npm install
//   node generate.js HOST:PORT TOKEN "A blog with users and posts"

import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const PROTOS = fileURLToPath(new URL("../../../protos", import.meta.url));
const SERVICE = "backsmith/orchestrator/v1/orchestrator_service.proto";
const TERMINAL = /_(COMPLETED|FAILED|CANCELLED)$/;

const definition = loader.loadSync(SERVICE, {
  includeDirs: [PROTOS],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
});
const { OrchestratorService } = grpc.loadPackageDefinition(definition).backsmith.orchestrator.v1;

const [target, token, prompt] = process.argv.slice(2);
const client = new OrchestratorService(target, grpc.credentials.createInsecure());
const credentials = new grpc.Metadata();
credentials.set("authorization", `Bearer ${token}`);

function start(request) {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + 30_000;
    client.StartGeneration(request, credentials, { deadline }, (error, answer) =>
      error ? reject(error) : resolve(answer.generation),
    );
  });
}

// Yields every event once, over as many connections as it takes.
async function* events(generation_id) {
  let after_cursor = "";
  for (;;) {
    try {
      const call = client.WatchGeneration({ generation_id, after_cursor }, credentials);
      for await (const batch of call) {
        for (const { cursor, event } of batch.events) {
          after_cursor = cursor;
          yield event;
          if (TERMINAL.test(event.status)) return;
        }
      }
    } catch (error) {
      if (error.code !== grpc.status.UNAVAILABLE) throw error;
      await setTimeout(1000);
    }
  }
}

const { generation_id } = await start({ prompt });
for await (const event of events(generation_id)) {
  console.log(`${Math.round(event.progress * 100)} %  ${event.message}`);
}
client.close();
