package dev.nfkit.linux.differential

internal val conntrackScenarios = scenarios("conntrack") {}
