"""What ends for guardians and passes to the child on the eighteenth birthday, told of three months before."""
