#!/usr/bin/env python3
"""The lints find what they are there to find, and nothing in ordinary code."""
import os
import tempfile
import unittest

import banned_lint
import coro_lint

BANNED = {
    'src/net/a.cpp': [
        'asio::co_spawn(ex, f(), asio::detached);',
        'co_await http::async_read(stream, buffer, parser.get(), token);',
        'std::this_thread::sleep_for(1s);',
        'using namespace boost;',
        'std::regex r("a");',
        '#include <regex>',
        'auto& x = Pool::instance(); static Pool& instance();',
        'asio::experimental::channel<void(int)> c;',
        'struct S : std::enable_shared_from_this<S> {};',
        'sprintf(b, "x");',
        'std::thread(f).detach();',
        'int x = rand();',
        'std::cerr << 1;',
        'char* p = NULL;',
        'context.set_verify_mode(ssl::verify_none);',
    ],
    'include/taskgate/net/a.hpp': ['using namespace std;', '  using namespace boost;'],
    'tests/unit/net/a_test.cpp': ['usleep(10);', 'sleep(1);', 'std::this_thread::sleep_until(t);', 'usleep (1);',
                                  'using namespace taskgate;'],
}

FINE = {
    'src/net/a.cpp': [
        '// asio::detached is banned, sleep_for too',
        'auto s = "std::regex NULL rand()";',
        'co_await http::async_read(stream, buffer, parser, token);',
        'parser.get().body();',
        'using namespace std::chrono_literals;',
        '  using namespace asio::experimental::awaitable_operators;',
        'const int big = 1\'000\'000; int y = operand(); std::snprintf(b, n, "x");',
        'clock.sleep(1); co_await runtime::sleep_for(1s);',
        'std::cerr << 1;  // lint: ok (before logging is set up)',
        'auto r = R"(NULL\nstd::regex)";',
    ],
    'src/main.cpp': ['std::cerr << 1;'],
    'src/engine/a.cpp': ['struct S : std::enable_shared_from_this<S> {};'],
    'tests/support/a_test.cpp': ['std::regex r("a");', 'auto f = std::async(g);'],
    'src/third_party/x.c': ['NULL'],
}


class BannedLint(unittest.TestCase):
    def test_every_banned_form_is_flagged(self):
        for path, lines in BANNED.items():
            for line in lines:
                self.assertEqual(len(banned_lint.faults_of(path, '\n' + line)), 1, f'{path}: {line}')
                self.assertEqual(banned_lint.faults_of(path, '\n' + line)[0][0], 2)

    def test_ordinary_code_is_not(self):
        for path, lines in FINE.items():
            for line in lines:
                self.assertEqual(banned_lint.faults_of(path, line) if path.endswith('.cpp') else [], [], line)


class CoroLint(unittest.TestCase):
    def scan(self, code):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'a.cpp')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(code)
            return coro_lint.scan(path)

    def test_the_forms_that_crash_are_flagged(self):
        for statement in ('co_await f(Agg{1, 2});', 'co_await f({1});', 'co_await f([s] { return s; });',
                          'auto x = c ? co_await a() : co_await b();', 'throw E((co_await f()).s);'):
            self.assertEqual(len(self.scan('awaitable<void> g() {\n  ' + statement + '\n}\n')), 1, statement)

    def test_the_forms_that_do_not_are_not(self):
        for statement in ('auto x = co_await f(std::move(a));', 'if (auto r = co_await f()) { g({1}); }',
                          'co_await f([&s] { return s; });', 'Agg a{1}; co_await f(std::move(a));'):
            self.assertEqual(self.scan('awaitable<void> g() {\n  ' + statement + '\n}\n'), [], statement)


if __name__ == '__main__':
    unittest.main()
