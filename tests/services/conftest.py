from time_limit import bounded_test

bounded = bounded_test(lambda _: 300)
