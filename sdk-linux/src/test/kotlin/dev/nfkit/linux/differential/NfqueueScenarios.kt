package dev.nfkit.linux.differential

internal val nfqueueScenarios = scenarios("NFQUEUE") {}
