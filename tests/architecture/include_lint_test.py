#!/usr/bin/env python3
"""include_lint.py finds what it is there to find."""
import unittest

from include_lint import ALLOWED, faults_of


def messages(path, *includes):
    return [message for _, message in faults_of(path, '\n'.join(f'#include {i}' for i in includes))]


class IncludeLint(unittest.TestCase):
    def test_arrows_of_the_table_are_allowed(self):
        self.assertEqual(messages('src/net/a.cpp', '"taskgate/core/ids.hpp"', '"taskgate/runtime/mailbox.hpp"',
                                  '"net/private.hpp"', '"taskgate/net/http.hpp"', '<vector>'), [])
        self.assertEqual(messages('src/app/a.cpp', '"taskgate/api/router.hpp"', '<nlohmann/json.hpp>'), [])

    def test_other_arrows_are_faults(self):
        self.assertEqual(messages('src/net/a.cpp', '"taskgate/store/store.hpp"'),
                         ['net may not include store: taskgate/store/store.hpp'])
        self.assertEqual(messages('include/taskgate/store/s.hpp', '"taskgate/engine/gateway.hpp"'),
                         ['store may not include engine: taskgate/engine/gateway.hpp'])
        self.assertEqual(len(messages('src/delivery/a.cpp', '"taskgate/engine/gateway.hpp"')), 1)

    def test_private_headers_stay_private(self):
        self.assertEqual(messages('src/app/a.cpp', '"net/session.hpp"'), ['a private header of net: net/session.hpp'])
        self.assertEqual(messages('include/taskgate/net/a.hpp', '"net/session.hpp"'),
                         ['a public header includes a private one: net/session.hpp'])
        self.assertEqual(messages('src/app/a.cpp', '"../net/session.hpp"'), ['a path that climbs: ../net/session.hpp'])

    def test_public_headers_stay_light(self):
        for heavy in ('<nlohmann/json.hpp>', '<boost/beast/http.hpp>', '<boost/beast.hpp>',
                      '<boost/asio/experimental/awaitable_operators.hpp>', '<spdlog/spdlog.h>'):
            self.assertEqual(len(messages('include/taskgate/net/a.hpp', heavy)), 1, heavy)
            self.assertEqual(messages('src/net/a.cpp', heavy), [], heavy)
        self.assertEqual(messages('include/taskgate/net/a.hpp', '<nlohmann/json_fwd.hpp>',
                                  '<boost/asio/awaitable.hpp>'), [])

    def test_unknown_folders_are_faults(self):
        self.assertEqual(messages('src/utils/a.cpp', '<vector>'), ['"utils" is not a layer of docs/architecture.md'])

    def test_the_table_has_no_circle(self):
        seen = set()
        while len(seen) < len(ALLOWED):
            ready = {layer for layer, below in ALLOWED.items() if layer not in seen and set(below) <= seen}
            self.assertTrue(ready)
            seen |= ready


if __name__ == '__main__':
    unittest.main()
