#!/usr/bin/env python3
"""config/test_report.awk counts what ran, and shows what failed and nothing else."""
import os
import subprocess
import tempfile
import unittest

AWK = os.path.join(os.path.dirname(__file__), '..', '..', 'config', 'test_report.awk')


def case(name, status, output):
    return f'\t<testcase name="{name}" classname="{name}" time="1" status="{status}">\n' \
           f'\t\t<system-out>{output}</system-out>\n\t</testcase>\n'


def program(*cases):
    """What a GoogleTest program says of (name, outcome, lines between)."""
    text = '[==========] Running.\n'
    for name, outcome, said in cases:
        text += f'[ RUN      ] {name}\n{said}[{outcome}] {name} (3 ms)\n'
    return text + '\n'.join(f'[{outcome}] {name}' for name, outcome, _ in cases if outcome != OK) + '\n'


OK = '       OK '
FAILED = '  FAILED  '
SKIPPED = '  SKIPPED '


class Report(unittest.TestCase):
    def summary(self, *cases):
        with tempfile.NamedTemporaryFile('w', suffix='.xml') as file:
            file.write('<testsuite name="x"\n\ttests="3"\n\t>\n' + ''.join(cases) + '</testsuite>\n')
            file.flush()
            done = subprocess.run(['awk', '-f', AWK, file.name], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    def test_cases_are_counted_whether_run_alone_or_together(self):
        alone = [case('A.a', 'run', program(('A.a', OK, ''))), case('A.b', 'run', program(('A.b', OK, '')))]
        together = [case('unit_a', 'run', program(('A.a', OK, ''), ('A.b', OK, '')))]
        self.assertEqual(self.summary(*alone), ['2 passed, 0 failed, 0 skipped'])
        self.assertEqual(self.summary(*together), ['2 passed, 0 failed, 0 skipped'])

    def test_what_is_no_googletest_program_is_one_test(self):
        self.assertEqual(self.summary(case('lint.x', 'run', 'fine\n'), case('lint.y', 'run', '')),
                         ['2 passed, 0 failed, 0 skipped'])

    def test_of_a_failed_program_the_failed_case_is_shown_and_named(self):
        lines = self.summary(case('unit_a', 'fail', program(
            ('A.a', OK, 'noise\n'), ('A.b', FAILED, 'x.cpp:3: Failure\nexpected &lt;1&gt;\n'), ('A.c', OK, 'noise\n'))))
        self.assertIn('--- unit_a', lines)
        self.assertIn('expected <1>', lines)
        self.assertNotIn('noise', lines)
        self.assertEqual(lines[-2:], ['FAILED: unit_a A.b', '2 passed, 1 failed, 0 skipped'])

    def test_a_program_that_ends_before_its_time_is_a_failure_with_its_last_words(self):
        text = '[ RUN      ] A.a\n[       OK ] A.a (1 ms)\n[ RUN      ] A.b\nERROR: AddressSanitizer: x\n'
        lines = self.summary(case('unit_a', 'fail', text))
        self.assertIn('[ RUN      ] A.b', lines)
        self.assertIn('ERROR: AddressSanitizer: x', lines)
        self.assertEqual(lines[-2:], ['FAILED: unit_a', '1 passed, 1 failed, 0 skipped'])

    def test_skips_say_why(self):
        lines = self.summary(
            case('unit_a', 'run', program(('A.a', OK, ''), ('A.b', SKIPPED, 'x.cpp:9: Skipped\nno disk\n'))),
            case('A.c', 'notrun', program(('A.c', SKIPPED, 'x.cpp:9: Skipped\nno disk\n'))),
            case('clients.x', 'notrun', 'SKIPPED: no &quot;node&quot;\n'))
        self.assertEqual(sorted(lines), ['  skipped 1: no "node"', '  skipped 2: no disk',
                                         '1 passed, 0 failed, 3 skipped'])

    def test_only_the_end_of_much_output_is_shown(self):
        lines = self.summary(case('x', 'fail', ''.join(f'line {n}\n' for n in range(1000))))
        self.assertIn('line 999', lines)
        self.assertLess(len(lines), 100)


if __name__ == '__main__':
    unittest.main()
