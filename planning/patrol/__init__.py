"""Planning patrols: who drives where tonight, checked by other code than planned it."""
