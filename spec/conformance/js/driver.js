// SPDX-License-Identifier: MIT
// Drives Microsoft's SignalR client. Commands come in as lines of JSON, events go out the
// same way. Ends with its input.
'use strict';

const http = require('http');
const readline = require('readline');
const signalr = require('@microsoft/signalr');
const { MessagePackHubProtocol } = require('@microsoft/signalr-protocol-msgpack');
const exact = require('./exact');

const clients = new Map();

function tell(event, client, rest) {
  process.stdout.write(`${JSON.stringify({ event, client, ...rest })}\n`);
}

function text(error) {
  return error ? String(error.message || error) : undefined;
}

// Looks over the protocol's shoulder: what came in, byte for byte, before JavaScript
// made doubles of the numbers.
function watched(protocol, name) {
  const { parseMessages, writeMessage } = protocol;
  protocol.parseMessages = function parse(input, logger) {
    const raw = exact.messages(input);
    const parsed = parseMessages.call(this, input, logger);
    parsed.forEach((message, i) => {
      if (message.type === 1) {
        tell('invocation', name, { target: message.target, id: message.invocationId, arguments: raw[i].arguments });
      } else if (message.type === 2) tell('rawitem', name, { id: message.invocationId, item: raw[i].item });
      else if (message.type === 6) tell('ping', name, {});
      else if (message.type === 7) tell('close', name, { error: message.error, allowReconnect: message.allowReconnect });
    });
    return parsed;
  };
  protocol.writeMessage = function write(message) {
    if (message.type === 4) tell('opened', name, { id: message.invocationId, target: message.target });
    return writeMessage.call(this, message);
  };
  return protocol;
}

function build(command) {
  const options = {
    transport: signalr.HttpTransportType[command.transport],
    accessTokenFactory: () => command.token,
    skipNegotiation: command.skipNegotiation === true,
  };
  if (command.headers) options.headers = command.headers;
  const protocol = command.protocol === 'messagepack' ? new MessagePackHubProtocol() : new signalr.JsonHubProtocol();
  let builder = new signalr.HubConnectionBuilder().withUrl(command.url, options)
    .withHubProtocol(watched(protocol, command.name)).configureLogging(signalr.LogLevel.None);
  if (command.reconnect) builder = builder.withAutomaticReconnect(new Array(40).fill(100));
  const connection = builder.build();
  if (command.keepAlive) connection.keepAliveIntervalInMilliseconds = command.keepAlive;
  if (command.serverTimeout) connection.serverTimeoutInMilliseconds = command.serverTimeout;
  return connection;
}

function listen(connection, name, targets) {
  for (const target of targets || []) {
    connection.on(target, (...args) => { tell('received', name, { target, arguments: JSON.stringify(args) }); });
  }
  connection.onclose((error) => tell('closed', name, { error: text(error) }));
  connection.onreconnecting((error) => tell('reconnecting', name, { error: text(error) }));
  connection.onreconnected((id) => tell('reconnected', name, { connectionId: id }));
}

const verbs = {
  async connect(command) {
    const connection = build(command);
    clients.set(command.name, connection);
    listen(connection, command.name, command.targets);
    await connection.start();
    tell('connected', command.name, { connectionId: connection.connectionId });
  },

  // Answers invocations of a target with a value, an error, or (forever) nothing.
  answer(command, connection) {
    connection.on(command.target, () => {
      if (command.error !== undefined) throw new Error(command.error);
      if (command.never) return new Promise(() => {});
      return command.result;
    });
  },

  stream(command, connection) {
    connection.stream(command.target, ...(command.arguments || [])).subscribe({
      next: (item) => tell('item', command.name, { item: JSON.stringify(item) }),
      complete: () => tell('complete', command.name, {}),
      error: (error) => tell('complete', command.name, { error: text(error) }),
    });
  },

  async invoke(command, connection) {
    try {
      const result = await connection.invoke(command.target, ...(command.arguments || []));
      tell('result', command.name, { result: JSON.stringify(result) });
    } catch (error) {
      tell('result', command.name, { error: text(error) });
    }
  },

  // An application's server: answers negotiations the way it was told to.
  serve(command) {
    const server = http.createServer((request, response) => {
      const right = request.method === 'POST' && /\/negotiate\?/.test(request.url);
      response.writeHead(right ? 200 : 404, { 'content-type': 'application/json' });
      response.end(right ? command.body : '');
    });
    server.listen(0, '127.0.0.1', () => tell('serving', command.name, { port: server.address().port }));
  },

  async stop(command, connection) {
    await connection.stop();
  },
};

async function obey(line) {
  const command = JSON.parse(line);
  try {
    await verbs[command.do](command, clients.get(command.name));
    tell('done', command.name, { verb: command.do });
  } catch (error) {
    tell('failed', command.name, { verb: command.do, error: text(error) });
  }
}

tell('ready', undefined, { node: process.version, signalr: signalr.VERSION });
const input = readline.createInterface({ input: process.stdin });
input.on('line', obey);
input.on('close', () => process.exit(0));
