#!/usr/bin/env python3
"""Calls and forms that this project does not use, each with its reason.

Usage: banned_lint.py PROJECT_ROOT     exit 1 when something is flagged
Comments and the insides of string literals are not looked at. Silence one line with: // lint: ok (why)
"""
import os
import re
import sys

CODE = ('include/', 'src/', 'tests/')
PRODUCT = ('include/', 'src/')
HEADERS = ('.hpp', '.h')
LITERALS = r'std::(literals|chrono_literals|string_literals|string_view_literals)\b'


class Rule:
    def __init__(self, pattern, reason, folders=CODE, endings=('.hpp', '.h', '.cpp'), but=()):
        self.pattern = re.compile(pattern)
        self.reason = reason
        self.folders = folders
        self.endings = endings
        self.but = but

    def concerns(self, path):
        return path.startswith(self.folders) and path.endswith(self.endings) and path not in self.but


RULES = [
    Rule(r'\basio::detached\b|\bnet::detached\b', 'detached swallows exceptions and outlives its owner: use a task group'),
    Rule(r'async_read(_some|_header)?\s*\([^;]*\bparser_?\.get\(\)', 'parser.get() switches the body limit off: pass the parser'),
    Rule(r'\bthis_thread::sleep_|\busleep\s*\(|\bnanosleep\s*\(|(?<![\w.:>])sleep\s*\(\s*\d',
         'a blocked thread is a race with a delay: wait for the event itself'),
    Rule(r'^\s*using\s+namespace\s+(?!' + LITERALS + ')', 'using namespace in a header reaches everyone',
         endings=HEADERS),
    Rule(r'^using\s+namespace\s+(?!' + LITERALS + ')', 'using namespace outside a function: literals only',
         endings=('.cpp',)),
    Rule(r'\bstd::regex\b|<regex>', 'std::regex is slow and overflows the stack on long input: write the loop',
         folders=PRODUCT),
    Rule(r'\bget_?[iI]nstance\s*\(|\bstatic\s+\w[\w:<>]*\s*&\s*instance\s*\(', 'no singletons: hand the collaborator in',
         folders=PRODUCT),
    Rule(r'\bexperimental::(basic_)?(concurrent_)?channel\b', 'Boost 1.81 channels hang after a cancelled receive: use the mailbox'),
    Rule(r'\benable_shared_from_this\b', 'no self-owning sessions: a task group owns them',
         folders=('include/', 'src/net/', 'src/api/')),
    Rule(r'\b(strcpy|strcat|sprintf|gets|atoi|atol|atof|strtok)\s*\(', 'unbounded or silent about errors'),
    Rule(r'\.detach\s*\(\s*\)', 'threads have an owner that joins them'),
    Rule(r'\bsrand\s*\(|(?<![\w.:>])rand\s*\(\s*\)', 'not random: core/ids has random_bytes, <random> has engines'),
    Rule(r'\bstd::cout\b|\bstd::cerr\b|\bprintf\s*\(', 'log through observe; the command line writes to the streams it is given',
         folders=PRODUCT, but=('src/main.cpp',)),
    Rule(r'\bNULL\b', 'nullptr'),
    Rule(r'\bverify_none\b|\bSSL_VERIFY_NONE\b', 'TLS peers are verified', folders=PRODUCT),
]

LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blanked(text):
    """`text` with comments gone and string literals emptied, every line still in its place."""
    def blank(match):
        piece = match.group(0)
        if piece.startswith('//') and 'lint: ok' in piece:
            return '/*lint-ok*/'
        if piece.startswith("'") and match.start() > 0 and text[match.start() - 1].isalnum():
            return piece  # 1'000: a digit separator, not a character
        return ('""' if piece[0] in 'R"' else ' ') + '\n' * piece.count('\n')
    return LITERAL.sub(blank, text)


def faults_of(path, text):
    rules = [rule for rule in RULES if rule.concerns(path)]
    found = []
    for number, line in enumerate(blanked(text).split('\n'), 1):
        if '/*lint-ok*/' in line:
            continue
        found += [(number, rule.reason) for rule in rules if rule.pattern.search(line)]
    return found


def main(root):
    bad = 0
    files = 0
    for top in CODE:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                full = os.path.join(folder, name)
                path = os.path.relpath(full, root).replace(os.sep, '/')
                if not path.endswith(('.hpp', '.h', '.cpp')):
                    continue
                files += 1
                with open(full, encoding='utf-8') as file:
                    for line, reason in faults_of(path, file.read()):
                        bad += 1
                        print(f'{path}:{line}: {reason}')
    print(f'{files} files, {bad} faults')
    return 1 if bad or not files else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
