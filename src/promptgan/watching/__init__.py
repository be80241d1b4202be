"""What a service does, beside what its models learnt from: drift, a period in numbers, streams of labelled texts."""
