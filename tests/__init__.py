"""The tests; real parts where they are cheap, small fakes of foreign services elsewhere."""
