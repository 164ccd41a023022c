"""What serves passes: slots, sharing, disciplines, service times."""
