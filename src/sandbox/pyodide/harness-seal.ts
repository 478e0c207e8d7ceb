/** Python side: takes away what reaches JavaScript, and replaces what needs it. Part of `harness.ts`. */
export const harnessSeal = String.raw`def no_input(prompt="", /):
    raise EOFError("input() is not available here: nobody is there to type")


def no_process(*args, **kwargs):
    raise PermissionError("processes are not available in the sandbox")


class Waiting:
    """Selector without files: waits for the time of the next callback."""

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("the event loop waits for something that cannot happen here")
        time.sleep(max(0, timeout))
        return []


class EventLoop(asyncio.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = Waiting()

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


class EventLoopPolicy(asyncio.events._BaseDefaultEventLoopPolicy):
    _loop_factory = EventLoop


class Bridge:
    """Finder that hides the modules through which Python reaches JavaScript."""

    hidden = {"js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "ctypes", "_ctypes", "micropip"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in cls.hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def close_bridge():
    for name in [name for name in sys.modules if name.partition(".")[0] in Bridge.hidden]:
        del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__.partition(".")[0] not in Bridge.hidden]
    sys.meta_path.insert(0, Bridge)
    sys.excepthook = sys.__excepthook__
    # Pyodide's own would wait in JavaScript's event loop.
    asyncio.events._set_event_loop_policy(EventLoopPolicy())
    asyncio.events._set_running_loop(None)
    asyncio.run = getattr(asyncio.run, "__wrapped__", asyncio.run)
    time.sleep = getattr(time.sleep, "__wrapped__", time.sleep)
    builtins.input = no_input
    os.system = os.popen = no_process
`;
