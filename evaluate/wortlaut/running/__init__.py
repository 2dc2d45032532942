"""Who runs an extractor, a scorer or a conversion over much: processes, Ray, shards, going on."""
