"""The board: a draft schedule that organisers adjust by hand, each step judged before it is stored."""
