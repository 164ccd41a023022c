"""Who comes when: streams of tasks, and populations of users."""
