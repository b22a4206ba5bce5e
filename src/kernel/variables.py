# Tells the variables of a notebook without running code of the notebook: no `__repr__`, `__len__` or property of its
# classes. `names` is the namespace to look at; `told` is the result, JSON in base64.
import base64, itertools, json, sys, types

NAMES, ELEMENTS, TEXT, BITS = 500, 6, 120, 400
LIBRARIES = {'numpy', 'pandas', 'polars', 'pyarrow', 'torch', 'tensorflow', 'jax', 'jaxlib', 'scipy', 'xarray'}
PLAIN = {bool, int, float, complex, range, type(None), type(...)}
PLAIN_MODULES = {'datetime', 'decimal', 'fractions', 'pathlib', 'pathlib._local', 'uuid'}
TEXTS = {str, bytes, bytearray}
BRACKETS = {list: '[]', tuple: '()', set: '{}', frozenset: '{}', dict: '{}'}
NOT_DATA = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


def module_of(kind):
    module = type.__dict__['__module__'].__get__(kind)
    return module if type(module) is str else ''


def name_of(kind):
    module, name = module_of(kind), type.__dict__['__qualname__'].__get__(kind)
    return name if module in ('builtins', '__main__', '') else module + '.' + name


def cut(text):
    return text if len(text) <= TEXT else text[:TEXT] + '…'


def is_plain(value):
    zone = type(getattr(value, 'tzinfo', None)) if module_of(type(value)) == 'datetime' else type(None)
    known = type(value) in PLAIN or module_of(type(value)) in PLAIN_MODULES
    return known and module_of(zone) in ('builtins', 'datetime', 'zoneinfo')


def plain(value):
    if type(value) is int and value.bit_length() > BITS:
        return f'an integer of {value.bit_length()} bits'
    if type(value) in TEXTS:
        text = repr(value[:TEXT])
        return text if len(value) <= TEXT >= len(text) else text[:TEXT] + '…'
    return cut(repr(value)) if is_plain(value) else None


def element(value):
    text = plain(value)
    return '<' + name_of(type(value)) + '>' if text is None else text


def beginning(value):
    if type(value) is dict:
        pairs = itertools.islice(value.items(), ELEMENTS)
        parts = [element(key) + ': ' + element(item) for key, item in pairs]
    else:
        parts = [element(item) for item in itertools.islice(value, ELEMENTS)]
    more = ', …' if len(value) > ELEMENTS else ''
    opening, closing = BRACKETS[type(value)]
    return cut(opening + ', '.join(parts) + more + closing)


def column(name):
    return name if type(name) is str else element(name)


def of_library(value):
    shape, dtype = getattr(value, 'shape', None), getattr(value, 'dtype', None)
    size = ' × '.join(str(int(length)) for length in shape) if isinstance(shape, tuple) else None
    if module_of(type(value)).split('.')[0] in ('pandas', 'polars') and hasattr(value, 'columns'):
        return size, cut(', '.join(column(name) for name in itertools.islice(value.columns, ELEMENTS)))
    if size == '' and getattr(dtype, 'kind', '-') in 'biufcmMSU':
        return None, cut(str(value))
    return size, '' if dtype is None else cut(str(dtype))


def size_and_value(value):
    kind = type(value)
    text = plain(value)
    if text is not None:
        return (str(len(value)) if kind in TEXTS or kind is range else None), text
    if kind in BRACKETS:
        return str(len(value)), beginning(value)
    return of_library(value) if module_of(kind).split('.')[0] in LIBRARIES else (None, '')


def described(name, value):
    try:
        size, text = size_and_value(value)
    except Exception:  # changed by another thread meanwhile, or half made
        size, text = None, ''
    return {'name': name, 'type': name_of(type(value)), 'size': size, 'value': text}


def hidden():
    shell = sys.modules['IPython'].get_ipython() if 'IPython' in sys.modules else None
    return getattr(shell, 'user_ns_hidden', {})


def variables():
    not_theirs, nothing = hidden(), object()
    for name, value in sorted(names.copy().items(), key=lambda item: str(item[0])):
        theirs = type(name) is str and not name.startswith('_') and not_theirs.get(name, nothing) is not value
        if theirs and not issubclass(type(value), NOT_DATA):
            yield described(name, value)


told = base64.b64encode(json.dumps(list(itertools.islice(variables(), NAMES))).encode()).decode()
