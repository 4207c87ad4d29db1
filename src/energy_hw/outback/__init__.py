"""OutBack Mate3, Mate3s and AXS Port over Modbus/TCP."""
