"""What happens in the world: engines, metastores, stores, and the commands over them."""
