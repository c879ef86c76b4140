#!/usr/bin/env python3
"""Include directions (docs/architecture.md): a layer includes only the layers that the table allows,
never another layer's private headers, and the public headers stay light.

Usage: include_lint.py PROJECT_ROOT     exit 1 when something is flagged
"""
import os
import re
import sys

LOWER = ['core']
RUNTIME_USERS = ['core', 'observe', 'runtime']
ALLOWED = {
    'core': [],
    'checks': LOWER,
    'stats': LOWER,
    'observe': LOWER,
    'runtime': ['core', 'observe'],
    'net': RUNTIME_USERS,
    'store': RUNTIME_USERS,
    'providers': RUNTIME_USERS + ['net'],
    'tools': RUNTIME_USERS + ['checks', 'net', 'store'],
    'engine': RUNTIME_USERS + ['checks', 'stats', 'net', 'store', 'providers', 'tools'],
    'delivery': RUNTIME_USERS + ['net', 'store'],
}
ALLOWED['api'] = ALLOWED['engine'] + ['engine', 'delivery']
ALLOWED['app'] = ALLOWED['api'] + ['api', 'dashboard']
ALLOWED['dashboard'] = []

# Seconds of build time in every file that includes them.
HEAVY_IN_PUBLIC = re.compile(
    r'^(nlohmann/json\.hpp|boost/beast(\.hpp|/.*)|boost/asio\.hpp|'
    r'boost/asio/experimental/awaitable_operators\.hpp|spdlog/.*)$')
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def layer_of(path):
    """('net', is_public) for a path below the root; (None, False) for what is no layer."""
    parts = path.split('/')
    if parts[:2] == ['include', 'taskgate'] and len(parts) > 3:
        return parts[2], True
    if parts[0] == 'src' and len(parts) > 2 and parts[1] != 'third_party':
        return parts[1], False
    return None, False


def faults_of(path, text):
    """Every fault of one file as (line, message)."""
    layer, public = layer_of(path)
    if layer is None:
        return []
    if layer not in ALLOWED:
        return [(1, f'"{layer}" is not a layer of docs/architecture.md')]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        name = match.group(1)
        parts = name.split('/')
        if parts[0] == 'taskgate' and len(parts) > 2:
            if parts[1] != layer and parts[1] not in ALLOWED[layer]:
                found.append((number, f'{layer} may not include {parts[1]}: {name}'))
        elif len(parts) > 1 and parts[0] in ALLOWED and parts[0] != layer:
            found.append((number, f'a private header of {parts[0]}: {name}'))
        elif parts[0] == '..':
            found.append((number, f'a path that climbs: {name}'))
        elif public and len(parts) > 1 and parts[0] == layer:
            found.append((number, f'a public header includes a private one: {name}'))
        if public and HEAVY_IN_PUBLIC.match(name):
            found.append((number, f'too heavy for a public header: {name}'))
    return found


def main(root):
    bad = 0
    files = 0
    for top in ('include', 'src'):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if not name.endswith(('.hpp', '.cpp', '.h', '.ipp')):
                    continue
                full = os.path.join(folder, name)
                path = os.path.relpath(full, root).replace(os.sep, '/')
                files += 1
                with open(full, encoding='utf-8') as file:
                    for line, message in faults_of(path, file.read()):
                        bad += 1
                        print(f'{path}:{line}: {message}')
    print(f'{files} files, {bad} faults')
    return 1 if bad or not files else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
