"""The client of the Runtime API for Python: loads the handler, then asks for call after call.

It speaks HTTP over a bare socket, for the libraries take longer to import than everything else together.
"""

import json
import logging
import os
import socket
import sys
import time

_env = os.environ
_frames_to = int(_env.pop("_LAMBDA_TELEMETRY_LOG_FD", "0"))
_env.pop("TAILWATER_SDK_DIR", None)
_logs_json = _env.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
_request_id = None


# ---------------------------------------------------------------- errors


class Fault(Exception):
    """What the platform has against the function."""

    def __init__(self, error_type, message, trace=None):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.trace = trace if trace is not None else []


def described(message, error_type, trace, request_id):
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": trace,
    }


def describe(error, request_id):
    """What is answered for an exception: its stack from the function's own code on."""
    if isinstance(error, Fault):
        return described(error.message, error.error_type, error.trace, request_id)
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = [at for at, frame in enumerate(frames) if frame[0] != __file__]
    frames = frames[own[0]:] if own else []
    hidden = [frame for frame in frames if not frame[0].startswith("<frozen importlib")]
    return described(str(error), type(error).__name__, traceback.format_list(hidden), request_id)


def log_error(error):
    if _logs_json:
        line = {
            "timestamp": _now(),
            "log_level": "ERROR",
            "errorMessage": error["errorMessage"],
            "errorType": error["errorType"],
            "requestId": error["requestId"],
            "stackTrace": error["stackTrace"],
        }
        return write_message(json.dumps(line, ensure_ascii=False), logging.ERROR)
    text = "[ERROR] " + error["errorType"]
    if error["errorMessage"]:
        text += ": " + error["errorMessage"]
    if error["stackTrace"]:
        text += "\nTraceback (most recent call last):\n" + "".join(error["stackTrace"])
    write_message(text, logging.ERROR)


# ---------------------------------------------------------------- logs


def _now():
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".%03dZ" % int(now % 1 * 1000)


def write_message(message, level):
    """One message, however many lines it has, after what was printed before it."""
    sys.stdout.flush()
    sys.stderr.flush()
    text = message.rstrip("\n").encode("utf-8", "backslashreplace") + b"\n"
    if _frames_to:
        step = 1 if level < 10 else 2 if level < 20 else 3 if level < 30 else 4 if level < 40 else 5 if level < 50 else 6
        kind = 0xA55A0000 | step << 2 | (2 if _logs_json else 3)
        head = kind.to_bytes(4, "big") + len(text).to_bytes(4, "big")
        text = head + int(time.time() * 1e6).to_bytes(8, "big") + text
    view = memoryview(text)
    while view:
        view = view[os.write(_frames_to or 1, view):]


class Handler(logging.Handler):
    def emit(self, record):
        try:
            write_message(self.format(record), record.levelno)
        except Exception:
            self.handleError(record)


class TextFormatter(logging.Formatter):
    converter = time.gmtime

    def __init__(self):
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")


_KNOWN = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "aws_request_id"}


class JsonFormatter(logging.Formatter):
    def format(self, record):
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "timestamp": now + "Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": _request_id,
        }
        if record.exc_info and record.exc_info[0]:
            kind, value, stack = record.exc_info
            import traceback

            line["errorType"] = kind.__name__
            line["errorMessage"] = str(value)
            line["stackTrace"] = traceback.format_tb(stack)
        line.update((name, value) for name, value in vars(record).items() if name not in _KNOWN)
        return json.dumps({name: value for name, value in line.items() if value is not None}, ensure_ascii=False, default=str)


class WithRequest(logging.Filter):
    def filter(self, record):
        record.aws_request_id = _request_id or ""
        return True


def set_up_logging():
    # A line at a time, in order with what is logged.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    logging.Formatter.converter = time.gmtime
    handler = Handler()
    handler.addFilter(WithRequest())
    handler.setFormatter(JsonFormatter() if _logs_json else TextFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    if _logs_json:
        levels = {"TRACE": 5, "FATAL": logging.CRITICAL}
        level = _env.get("AWS_LAMBDA_LOG_LEVEL", "INFO").upper()
        root.setLevel(levels.get(level) or getattr(logging, level, logging.INFO))


# ---------------------------------------------------------------- the Runtime API


class Api:
    def __init__(self, address):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = address

    def request(self, method, where, body=None, headers=()):
        head = "%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\n" % (method, where, self.address)
        for name, value in headers:
            head += "%s: %s\r\n" % (name, value)
        if body is not None:
            head += "Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        self.socket.sendall(head.encode("ascii") + b"\r\n" + (body or b""))
        return self.answer()

    def answer(self):
        data = bytearray()
        while True:
            end = data.find(b"\r\n\r\n")
            if end >= 0:
                break
            self.more(data)
        lines = data[:end].decode("utf-8").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        while len(data) < end + 4 + length:
            self.more(data)
        return int(lines[0].split(" ")[1]), headers, bytes(data[end + 4:end + 4 + length])

    def more(self, data):
        part = self.socket.recv(1 << 16)
        if not part:
            # Without its server a function has nothing to live for.
            os._exit(1)
        data += part

    def post_error(self, where, error):
        kind = "".join(c if 32 <= ord(c) < 127 else "?" for c in error["errorType"])[:256]
        headers = (("Lambda-Runtime-Function-Error-Type", kind),)
        self.request("POST", where, json.dumps(error, ensure_ascii=False).encode("utf-8", "backslashreplace"), headers)


# ---------------------------------------------------------------- finding the handler


def load_handler(full):
    import importlib

    module_name, dot, name = full.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % full)
    module_name = module_name.replace("/", ".")
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = "Unable to import module '%s': %s" % (module_name, error)
        if getattr(error, "name", None) in ("boto3", "botocore"):
            message += (". AWS's runtime brings this package, a plain Python does not: install it into the function's folder "
                        "(pip install -t . %s) or into the Python that the server runs functions with" % error.name)
        raise Fault("Runtime.ImportModuleError", message)
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), trace)
    try:
        return getattr(module, name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (name, module_name))


# ---------------------------------------------------------------- calls


class Identity:
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]


class Client:
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]


class ClientContext:
    __slots__ = ["custom", "env", "client"]


class Context:
    """What a handler is told of its call."""

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.log_group_name = _env.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = _env.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = _env.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = _env.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = _env.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = None
        self.client_context = None
        context = headers.get("lambda-runtime-client-context")
        if context:
            self.client_context = client_context(json.loads(context))
        self.identity = Identity()
        self.identity.cognito_identity_id = None
        self.identity.cognito_identity_pool_id = None
        self._deadline_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))
        sys.stdout.flush()


def client_context(given):
    made = ClientContext()
    made.custom = given.get("custom")
    made.env = given.get("env")
    made.client = None
    if given.get("client"):
        made.client = Client()
        for name in Client.__slots__:
            setattr(made.client, name, given["client"].get(name))
    return made


def encoded(value):
    if type(value).__name__ == "Decimal":
        return float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def call(api, handler, headers, body):
    global _request_id
    request_id = _request_id = headers["lambda-runtime-aws-request-id"]
    _env["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
    failure = None
    try:
        try:
            event = json.loads(body)
        except Exception as error:
            raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)
        result = handler(event, Context(headers))
        try:
            answer = json.dumps(result, ensure_ascii=False, default=encoded).encode("utf-8")
        except Exception as error:
            raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)
    except Exception as error:
        failure = describe(error, request_id)
    if failure is not None:
        log_error(failure)
    sys.stdout.flush()
    sys.stderr.flush()
    if failure is not None:
        api.post_error("invocation/%s/error" % request_id, failure)
    else:
        api.request("POST", "invocation/%s/response" % request_id, answer)


def main():
    # The function's code stands where this file's own folder does.
    sys.path[0] = _env["LAMBDA_TASK_ROOT"]
    sys.argv = sys.argv[:1]
    set_up_logging()
    api = Api(_env["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(_env["_HANDLER"])
    except Exception as error:
        failure = describe(error, "")
        log_error(failure)
        api.post_error("init/error", failure)
        sys.exit(1)
    while True:
        status, headers, body = api.request("GET", "invocation/next")
        if status != 200:
            sys.exit(1)
        call(api, handler, headers, body)


if __name__ == "__main__":
    main()
