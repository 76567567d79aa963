'use strict';
// The client of the Runtime API for Node: loads the handler, then asks for call after call.
// It uses no HTTP library, so that whatever a function does to `http` does not reach it.

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const util = require('node:util');
const Module = require('node:module');
const { pathToFileURL } = require('node:url');

const env = process.env;
const root = env.LAMBDA_TASK_ROOT;
const clients = env.LAMBDA_RUNTIME_DIR;
const sdkDir = env.TAILWATER_SDK_DIR;
const framesTo = Number(env._LAMBDA_TELEMETRY_LOG_FD);
delete env._LAMBDA_TELEMETRY_LOG_FD;
delete env.TAILWATER_SDK_DIR;
const logsJson = env.AWS_LAMBDA_LOG_FORMAT === 'JSON';

/** The call that runs, and where its answer goes, once that is being streamed. */
let requestId;
let streamed;

// ---------------------------------------------------------------- errors

class PlatformError extends Error {
  constructor(name, message, stack) {
    super(message);
    Object.defineProperty(this, 'name', { value: name, enumerable: false });
    if (stack) this.stack = stack;
  }
}

function isError(value) {
  return util.types.isNativeError(value) || value instanceof Error ||
    (value && value.name && value.message && value.stack);
}

/** What is answered for an error. */
function described(error) {
  try {
    if (isError(error)) {
      return {
        errorType: error.name,
        errorMessage: error.message,
        trace: String(error.stack || '').split('\n'),
      };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
    };
  }
}

/** What is logged for an error: with its own properties. */
function forLog(error) {
  try {
    return '\t' + JSON.stringify(error, (_key, value) => {
      if (!isError(value)) return value;
      return {
        errorType: value.name, errorMessage: value.message, code: value.code, ...value,
        stack: String(value.stack || '').split('\n'),
      };
    });
  } catch {
    return '\t' + JSON.stringify(described(error));
  }
}

// ---------------------------------------------------------------- logs

const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
const lowest = logsJson ? LEVELS[(env.AWS_LAMBDA_LOG_LEVEL || 'INFO').toUpperCase()] || LEVELS.INFO : 0;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** Writes all of it, however slowly it is read. */
function writeAll(fd, buffer) {
  for (let at = 0; at < buffer.length;) {
    try {
      at += fs.writeSync(fd, buffer, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

/** One message, however many lines it has. */
function writeMessage(level, message) {
  const text = Buffer.from(message + '\n');
  if (!framesTo) return writeAll(1, text);
  const frame = Buffer.allocUnsafe(16 + text.length);
  frame.writeUInt32BE((0xa55a0000 | (level << 2) | (logsJson ? 2 : 3)) >>> 0, 0);
  frame.writeUInt32BE(text.length, 4);
  frame.writeBigInt64BE(BigInt(Date.now()) * 1000n, 8);
  text.copy(frame, 16);
  writeAll(framesTo, frame);
}

function jsonLine(time, name, args) {
  const line = { timestamp: time, level: name, requestId };
  const error = args.find(isError);
  if (args.length === 1 && !error && typeof args[0] === 'object' && args[0] !== null) {
    line.message = args[0];
  } else {
    line.message = util.format(...args);
  }
  if (error) {
    line.errorType = error.name;
    line.errorMessage = error.message;
    line.stackTrace = String(error.stack || '').split('\n').slice(1).map((one) => one.trim());
  }
  try {
    return JSON.stringify(line);
  } catch {
    return JSON.stringify({ ...line, message: util.format(...args) });
  }
}

function log(name, ...args) {
  if (LEVELS[name] < lowest) return;
  const time = new Date().toISOString();
  writeMessage(LEVELS[name], logsJson ? jsonLine(time, name, args) :
    `${time}\t${requestId}\t${name}\t${util.format(...args)}`);
}

for (const [method, name] of [['log', 'INFO'], ['info', 'INFO'], ['debug', 'DEBUG'], ['trace', 'TRACE'],
  ['warn', 'WARN'], ['error', 'ERROR'], ['fatal', 'FATAL']]) {
  console[method] = (...args) => log(name, ...args);
}

/** Whether the function has touched its output streams, which may still have something to write. */
const touched = new Set();
for (const name of ['stdout', 'stderr']) {
  const { get } = Object.getOwnPropertyDescriptor(process, name);
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      const stream = get.call(process);
      touched.add(stream);
      return stream;
    },
  });
}

async function written() {
  for (const stream of touched) {
    if (stream.writableLength > 0) await new Promise((done) => stream.write('', done));
  }
}

// ---------------------------------------------------------------- the Runtime API

const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
let socket;
let answered;
let received = [];
let size = 0;
/** How long the answer is, once its head is there. */
let wanted = 0;

function connect() {
  socket = net.connect({ host, port: Number(port), noDelay: true });
  socket.on('data', (data) => {
    received.push(data);
    size += data.length;
    if (size < wanted) return;
    const answer = parsed();
    if (answer) {
      received = [];
      size = wanted = 0;
      answered(answer);
    }
  });
  // Without its server a function has nothing to live for.
  socket.on('error', () => process.exit(1));
  socket.on('close', () => process.exit(1));
}

function parsed() {
  const all = received.length === 1 ? received[0] : Buffer.concat(received);
  received = [all];
  const end = all.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first, ...lines] = all.toString('utf8', 0, end).split('\r\n');
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  wanted = end + 4 + Number(headers['content-length'] || 0);
  if (all.length < wanted) return undefined;
  return { status: Number(first.split(' ')[1]), headers, body: all.subarray(end + 4, wanted) };
}

/** Begins a request whose body is written to the socket, in chunks. */
function requestInPieces(where, headers) {
  let head = `POST /2018-06-01/runtime/${where} HTTP/1.1\r\nHost: ${host}:${port}\r\nTransfer-Encoding: chunked\r\n`;
  for (const name of Object.keys(headers)) head += `${name}: ${headers[name]}\r\n`;
  return new Promise((done) => {
    answered = done;
    socket.ref();
    socket.write(head + '\r\n');
  });
}

function request(method, where, body, headers) {
  const payload = body === undefined ? undefined : Buffer.isBuffer(body) ? body : Buffer.from(body);
  let head = `${method} /2018-06-01/runtime/${where} HTTP/1.1\r\nHost: ${host}:${port}\r\n`;
  for (const name of Object.keys(headers || {})) head += `${name}: ${headers[name]}\r\n`;
  if (payload) head += `Content-Type: application/json\r\nContent-Length: ${payload.length}\r\n`;
  head += '\r\n';
  return new Promise((done) => {
    answered = done;
    socket.ref();
    socket.write(payload ? Buffer.concat([Buffer.from(head), payload]) : head);
  });
}

const printable = (text) => String(text).replace(/[^\x20-\x7e]/g, '?').slice(0, 256);

function postError(where, error) {
  const body = described(error);
  return request('POST', where, JSON.stringify(body), {
    'Lambda-Runtime-Function-Error-Type': printable(body.errorType || 'Error'),
  });
}

// ---------------------------------------------------------------- finding the handler

const isSdk = (name) => name === 'aws-sdk' || name.startsWith('aws-sdk/') ||
  name.startsWith('@aws-sdk/') || name.startsWith('@smithy/');

/** Where AWS has its SDK and we have none: global folders, and the one that is configured. */
const sdkFolders = () => [path.join(path.dirname(process.execPath), '..', 'lib', 'node_modules'),
  '/usr/local/lib/node_modules', '/usr/lib/node_modules', '/usr/share/nodejs',
  ...(sdkDir ? [path.join(sdkDir, 'node_modules'), sdkDir] : [])];

const hint = (name) => `Cannot find module '${name}'. AWS's runtime brings this package, a plain Node does not: ` +
  `run "npm install ${name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/')}" in the function's folder, or ` +
  'start the server with --sdk-dir DIR, a folder that has it in its node_modules';

const resolve = Module._resolveFilename;
Module._resolveFilename = function resolveOrFindSdk(name, parent, isMain, options) {
  try {
    return resolve.call(this, name, parent, isMain, options);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' || !isSdk(name)) throw error;
    for (const folder of sdkFolders()) {
      try {
        return resolve.call(this, path.join(folder, name), parent, isMain);
      } catch {
        // The next one may have it.
      }
    }
    if (name === 'aws-sdk' || name.startsWith('aws-sdk/')) return path.join(clients, 'aws-sdk.cjs');
    error.message = error.message.replace(/^Cannot find module '[^']*'/, () => hint(name));
    throw error;
  }
};

/** ES modules know neither NODE_PATH nor the folders of the SDK: what is not found their way is looked for ours. */
function hookImports() {
  const find = (specifier, error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^(\.|\/|[a-z]+:)/.test(specifier)) throw error;
    try {
      const found = Module.createRequire(path.join(root, 'index.js')).resolve(specifier);
      return { url: pathToFileURL(found).href, shortCircuit: true };
    } catch (second) {
      if (isSdk(specifier)) error.message = second.message;
      throw error;
    }
  };
  if (Module.registerHooks) {
    Module.registerHooks({
      resolve(specifier, context, next) {
        try {
          return next(specifier, context);
        } catch (error) {
          return find(specifier, error);
        }
      },
    });
    return true;
  }
  if (!Module.register) return false;
  // The hooks of older versions run in a thread of their own, which knows nothing of what was changed here.
  const folders = JSON.stringify(sdkFolders());
  const code = `
    import Module from 'node:module'; import path from 'node:path'; import { pathToFileURL } from 'node:url';
    const require = Module.createRequire(${JSON.stringify(path.join(root, 'index.js'))});
    const isSdk = ${isSdk.toString()}; const hint = ${hint.toString()};
    export async function resolve(specifier, context, next) {
      try { return await next(specifier, context); } catch (error) {
        if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^(\\.|\\/|[a-z]+:)/.test(specifier)) throw error;
        const places = [specifier, ...(isSdk(specifier) ? ${folders}.map((one) => path.join(one, specifier)) : [])];
        if (/^aws-sdk(\\/|$)/.test(specifier)) places.push(${JSON.stringify(path.join(clients, 'aws-sdk.cjs'))});
        for (const place of places) {
          try { return { url: pathToFileURL(require.resolve(place)).href, shortCircuit: true }; } catch {}
        }
        if (isSdk(specifier)) error.message = hint(specifier);
        throw error;
      }
    }`;
  Module.register('data:text/javascript,' + encodeURIComponent(code));
  return true;
}

const notFound = (error) => error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND');

let tries = 0;

async function importFile(file) {
  const url = pathToFileURL(file).href;
  try {
    return await import(url);
  } catch (error) {
    if (!notFound(error) || tries++ > 0 || !hookImports()) throw error;
    // A module that failed to load stays failed under its name.
    return import(url + '?again');
  }
}

function isModule(file) {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (path.basename(folder) === 'node_modules') return false;
    try {
      return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).type === 'module';
    } catch (error) {
      if (error.code === undefined) return false;
    }
    if (folder === path.dirname(folder)) return false;
  }
}

const isFile = (file) => {
  try {
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
};

/** TypeScript is for Node to understand, or for tsx where the function brings it. */
async function loadTypeScript(file) {
  if (!process.features.typescript) {
    let tsx;
    try {
      tsx = Module.createRequire(file).resolve('tsx/cjs/api');
    } catch {
      throw new PlatformError('Runtime.ImportModuleError', `${path.basename(file)}: Node ${process.version} does not ` +
        'run TypeScript (22.18 and later do): build it, or install tsx in the function\'s folder');
    }
    return require(tsx).require(file, __filename);
  }
  return isModule(file) || file.endsWith('.mts') ? importFile(file) : require(file);
}

async function loadModule(moduleRoot, name) {
  const file = path.resolve(root, moduleRoot, name);
  if (isFile(file)) return require(file);
  if (isFile(file + '.js')) return isModule(file + '.js') ? importFile(file + '.js') : require(file + '.js');
  if (isFile(file + '.mjs')) return importFile(file + '.mjs');
  if (isFile(file + '.cjs')) return require(file + '.cjs');
  for (const ending of ['.ts', '.mts', '.cts']) if (isFile(file + ending)) return loadTypeScript(file + ending);
  return require(require.resolve(name, { paths: [root, path.resolve(root, moduleRoot)] }));
}

async function loadHandler(full) {
  if (full.includes('..')) {
    throw new PlatformError('Runtime.MalformedHandlerName',
      `'${full}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const last = path.basename(full);
  const moduleRoot = full.substring(0, full.indexOf(last));
  const match = last.match(/^([^.]*)\.(.*)$/);
  if (!match) throw new PlatformError('Runtime.MalformedHandlerName', 'Bad handler');
  let loaded;
  try {
    loaded = await loadModule(moduleRoot, match[1]);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new PlatformError('Runtime.UserCodeSyntaxError', String(error), error.stack);
    }
    if (notFound(error)) throw new PlatformError('Runtime.ImportModuleError', String(error), error.stack);
    throw error;
  }
  const find = (from) => match[2].split('.').reduce((value, name) => value && value[name], from);
  const handler = find(loaded) || (loaded && find(loaded.default));
  if (!handler) {
    throw new PlatformError('Runtime.HandlerNotFound', `${full} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw new PlatformError('Runtime.HandlerNotFound', `${full} is not a function`);
  }
  return handler;
}

// ---------------------------------------------------------------- streamed answers

const STREAMED = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

/** What a handler writes its answer to; it goes out at once, and no faster than it is read. */
class ResponseStream extends require('node:stream').Writable {
  constructor(id, options) {
    super(options);
    this.id = id;
  }

  /** The head of the answer, once there is something of it or nothing more to come. */
  begin() {
    if (this.answered) return;
    // From now on the connection keeps the event loop from draining.
    streamed = this;
    this.answered = requestInPieces(`invocation/${this.id}/response`, {
      'Content-Type': printable(this.contentType || 'application/octet-stream'),
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      'Trailer': 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    });
  }

  _write(part, encoding, done) {
    const bytes = typeof part === 'string' ? Buffer.from(part, encoding) : part;
    if (bytes.length === 0 || this.broken) return done();
    this.begin();
    socket.write(`${bytes.length.toString(16)}\r\n`);
    socket.write(bytes);
    socket.write('\r\n', () => done());
  }

  _final(done) {
    if (this.broken) return done();
    this.begin();
    socket.write('0\r\n\r\n', () => done());
  }

  /** Says that it breaks off, and why. What is written later is nobody's. */
  breakOff(error) {
    this.broken = true;
    const body = described(error);
    const text = Buffer.from(JSON.stringify(body)).toString('base64');
    socket.write(`0\r\nLambda-Runtime-Function-Error-Type: ${printable(body.errorType || 'Error')}\r\n` +
      `Lambda-Runtime-Function-Error-Body: ${text}\r\n\r\n`);
    return this.answered;
  }

  setContentType(type) {
    this.contentType = type;
  }
}

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMED] = 'response';
    if (options && options.highWaterMark) handler[HIGH_WATER_MARK] = options.highWaterMark;
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      stream.write(JSON.stringify(prelude));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};

// ---------------------------------------------------------------- calls

/** What is done when the event loop has nothing left to do. */
let atDrain;
process.on('beforeExit', () => {
  const then = atDrain;
  atDrain = undefined;
  if (then) setImmediate(then);
});

/** What is done with an error that nobody caught. */
let onUncaught = (error, status) => postError('init/error', error).then(() => process.exit(status));
process.on('uncaughtException', (error) => {
  console.error('Uncaught Exception', forLog(error));
  onUncaught(error, 129);
});
process.on('unhandledRejection', (reason) => {
  const error = new PlatformError('Runtime.UnhandledPromiseRejection', reason && reason.toString ? reason.toString() : String(reason),
    isError(reason) ? reason.stack : undefined);
  error.reason = reason;
  console.error('Unhandled Promise Rejection', forLog(error));
  onUncaught(error, 128);
});

function contextOf(headers, done, wait) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const json = (name) => headers[name] ? JSON.parse(headers[name]) : undefined;
  return {
    get callbackWaitsForEmptyEventLoop() { return wait.forLoop; },
    set callbackWaitsForEmptyEventLoop(value) { wait.forLoop = value; },
    succeed: (result) => done(null, result),
    fail: (error) => done(error === undefined || error === null ? 'handled' : error),
    done: (error, result) => done(error, result),
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: json('lambda-runtime-client-context'),
    identity: json('lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

const isPromise = (value) => value && typeof value.then === 'function';

/** Runs the handler; resolves to `{ error }` or `{ result }`, whichever is said first. */
function run(handler, event, headers) {
  return new Promise((resolve) => {
    let settled = false;
    // What comes late belongs to no call, and least of all to the next one.
    const settle = (outcome) => {
      if (settled) return;
      settled = true;
      atDrain = undefined;
      resolve(outcome);
    };
    const done = (error, result) => settle(error !== undefined && error !== null ? { error } : { result });
    const wait = { forLoop: true };
    const context = contextOf(headers, done, wait);
    const callback = (error, result) => {
      if (error !== undefined && error !== null) return settle({ error });
      if (wait.forLoop === false) return settle({ result });
      if (!settled) atDrain = () => settle({ result });
    };
    atDrain = () => settle({ result: null });
    try {
      if (handler[STREAMED]) return stream(handler, event, context, settle);
      const value = handler(event, context, callback);
      if (isPromise(value)) {
        value.then((result) => settle({ result }), (error) => settle({ error: error === undefined || error === null ? 'handled' : error }));
      }
    } catch (error) {
      settle({ error });
    }
  });
}

function stream(handler, event, context, settle) {
  const out = new ResponseStream(context.awsRequestId, { highWaterMark: handler[HIGH_WATER_MARK] });
  const end = () => {
    if (!out.writableEnded) out.end();
  };
  const fail = (error) => settle({ error: error === undefined || error === null ? 'handled' : error });
  atDrain = end;
  out.on('finish', () => settle({ result: null }));
  out.on('error', fail);
  try {
    const value = handler(event, out, context);
    if (isPromise(value)) value.then(end, fail);
  } catch (error) {
    fail(error);
  }
}

function serialised({ result }) {
  try {
    const text = JSON.stringify(result === undefined ? null : result);
    return text === undefined ? 'null' : text;
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

async function call(handler, { headers, body }) {
  const id = headers['lambda-runtime-aws-request-id'];
  requestId = id;
  env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] || '';
  streamed = undefined;
  const fail = (error) => streamed ? streamed.breakOff(error) : postError(`invocation/${id}/error`, error);
  onUncaught = (error, status) => written().then(() => fail(error)).then(() => process.exit(status));
  let outcome;
  let payload;
  try {
    const event = JSON.parse(body.toString('utf8'));
    // The connection does not keep the event loop from draining.
    socket.unref();
    outcome = await run(handler, event, headers);
    if (!('error' in outcome || streamed)) payload = serialised(outcome);
  } catch (error) {
    outcome = { error };
  }
  socket.ref();
  if ('error' in outcome) console.error('Invoke Error', forLog(outcome.error));
  if (touched.size > 0) await written();
  if ('error' in outcome) await fail(outcome.error);
  else if (streamed) await streamed.answered;
  else await request('POST', `invocation/${id}/response`, payload);
}

async function main() {
  connect();
  socket.unref();
  let handler;
  try {
    handler = await loadHandler(env._HANDLER);
  } catch (error) {
    socket.ref();
    console.error('Uncaught Exception', forLog(error));
    await written();
    await postError('init/error', error);
    process.exit(129);
  }
  for (;;) {
    // Between calls there is nobody to tell.
    onUncaught = (_error, status) => process.exit(status);
    const next = await request('GET', 'invocation/next');
    if (next.status !== 200) process.exit(1);
    await call(handler, next);
  }
}

main();
