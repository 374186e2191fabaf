"""`python -m jppnet_tf`: the same as the console command `jppnet`."""

from jppnet_tf.commands.console import main

if __name__ == "__main__":
    main()
